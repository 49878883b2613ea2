namespace VllmAdapter.Testing;

/// <summary>The ends that scenarios expect, in short.</summary>
internal static class Ends
{
    public static ExpectedCall Paris { get; } = new("get_weather", """{"city": "Paris"}""");

    public static ExpectedCall Rome { get; } = new("get_weather", """{"city": "Rome"}""");

    public static ExpectedCall RandomNumber { get; } = new("get_random_number", "{}");

    public static ExpectedEnd Completed(string text = "") => Of(StreamVerdict.Completed, Certainty.Declared, text);

    public static ExpectedEnd Unconfirmed(string text = "") => Of(StreamVerdict.Unconfirmed, Certainty.Inferred, text);

    public static ExpectedEnd Stopped(string text = "") => Of(StreamVerdict.StoppedByServer, Certainty.Declared, text);

    public static ExpectedEnd Length(LengthLimit limit, string? text = "") =>
        Of(StreamVerdict.LengthLimited, Certainty.Declared, text) with { Limit = limit };

    /// <summary>Cut by the limit, although the server did not say so.</summary>
    public static ExpectedEnd HiddenLength(string? text = "") =>
        Of(StreamVerdict.LengthLimited, Certainty.Inferred, text) with { Limit = LengthLimit.MaxTokens };

    public static ExpectedEnd Aborted(string text = "") => Of(StreamVerdict.Aborted, Certainty.Declared, text);

    /// <summary>Seen to be cut.</summary>
    public static ExpectedEnd Cut(string text = "") => Of(StreamVerdict.Interrupted, Certainty.Observed, text);

    /// <summary>Ended in order, but where no answer can end.</summary>
    public static ExpectedEnd Broken(string text = "") => Of(StreamVerdict.Interrupted, Certainty.Inferred, text);

    public static ExpectedEnd Stalled(string? text = "") => Of(StreamVerdict.Stalled, Certainty.Observed, text);

    public static ExpectedEnd ServerError(string text = "") => Of(StreamVerdict.ServerError, Certainty.Observed, text);

    public static ExpectedEnd Malformed(string? text = "") => Of(StreamVerdict.Malformed, Certainty.Observed, text);

    public static ExpectedEnd Fails(RequestFailure failure) => new() { Failure = failure };

    public static ExpectedEnd Ready(this ExpectedEnd end, params ExpectedCall[] calls) => end with { ReadyCalls = calls };

    public static ExpectedEnd Withholds(this ExpectedEnd end, params WithheldReason[] reasons) => end with { Withheld = reasons };

    public static ExpectedEnd Notes(this ExpectedEnd end, params OutcomeNoteKind[] kinds) => end with { Notes = kinds };

    public static ExpectedEnd Choices(this ExpectedEnd end, params StreamVerdict[] verdicts) => end with { ChoiceVerdicts = verdicts };

    public static ExpectedEnd Leaves(this ExpectedEnd end, BudgetState budget) => end with { Budget = budget };

    private static ExpectedEnd Of(StreamVerdict verdict, Certainty certainty, string? text) =>
        new() { Verdict = verdict, Certainty = certainty, Text = text };
}

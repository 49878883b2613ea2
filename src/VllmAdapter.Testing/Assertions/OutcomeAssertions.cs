namespace VllmAdapter.Testing;

/// <summary>Says what an outcome must be; every method throws <see cref="OutcomeAssertionException"/> if it is not, and otherwise goes on.</summary>
/// <remarks>Started by <see cref="OutcomeAssertionExtensions"/>.</remarks>
public sealed class OutcomeAssertions
{
    private readonly StreamOutcome _outcome;
    private readonly ChatAnswer? _received;

    internal OutcomeAssertions(StreamOutcome outcome, ChatAnswer? received) => (_outcome, _received) = (outcome, received);

    /// <summary>The server declared the end of the answer.</summary>
    public OutcomeAssertions BeCompleted() => Be(StreamVerdict.Completed);

    /// <summary>Nobody confirmed the end, and nothing speaks against it.</summary>
    public OutcomeAssertions BeUnconfirmed() => Be(StreamVerdict.Unconfirmed);

    /// <summary>A token limit cut the answer.</summary>
    public OutcomeAssertions BeLengthLimited() => Be(StreamVerdict.LengthLimited);

    /// <summary>This token limit cut the answer.</summary>
    /// <param name="limit">The limit that it must be attributed to.</param>
    public OutcomeAssertions BeLengthLimited(LengthLimit limit) =>
        Be(StreamVerdict.LengthLimited).Require(_outcome.Limit == limit, $"the limit {limit}", _outcome.Limit?.ToString() ?? "no limit");

    /// <summary>The server ended the answer for a reason of its own.</summary>
    public OutcomeAssertions BeStoppedByServer() => Be(StreamVerdict.StoppedByServer);

    /// <summary>A budget or policy of the caller's ended the stream.</summary>
    public OutcomeAssertions BeStoppedByPolicy() => Be(StreamVerdict.StoppedByPolicy);

    /// <summary>The server gave the request up.</summary>
    public OutcomeAssertions BeAborted() => Be(StreamVerdict.Aborted);

    /// <summary>The connection was cut, or the body ended where an answer cannot end.</summary>
    public OutcomeAssertions BeInterrupted() => Be(StreamVerdict.Interrupted);

    /// <summary>The server kept silent for too long.</summary>
    public OutcomeAssertions BeStalled() => Be(StreamVerdict.Stalled);

    /// <summary>The server reported an error.</summary>
    public OutcomeAssertions BeServerError() => Be(StreamVerdict.ServerError);

    /// <summary>The body could not be read as a chat stream.</summary>
    public OutcomeAssertions BeMalformed() => Be(StreamVerdict.Malformed);

    /// <summary>The caller canceled.</summary>
    public OutcomeAssertions BeCanceled() => Be(StreamVerdict.Canceled);

    /// <summary>The consumer left the loop.</summary>
    public OutcomeAssertions BeAbandoned() => Be(StreamVerdict.Abandoned);

    /// <summary>The answer ended in this way.</summary>
    public OutcomeAssertions Be(StreamVerdict verdict) => Require(_outcome.Verdict == verdict, verdict.ToString(), _outcome.Verdict.ToString());

    /// <summary>The verdict rests on this.</summary>
    public OutcomeAssertions WithCertainty(Certainty certainty) =>
        Require(_outcome.Certainty == certainty, $"a verdict that is {certainty}", $"{_outcome.Certainty}");

    /// <summary>Choice 0 declared this word.</summary>
    public OutcomeAssertions WithFinishReason(string value) =>
        Require(_outcome.FinishReason?.Value == value, $"the finish reason \"{value}\"", Quoted(_outcome.FinishReason?.Value));

    /// <summary>Choice 0 declared nothing.</summary>
    public OutcomeAssertions WithoutFinishReason() =>
        Require(_outcome.FinishReason is null, "no finish reason", Quoted(_outcome.FinishReason?.Value));

    /// <summary>Choice 0 said exactly this.</summary>
    /// <exception cref="InvalidOperationException">The assertion was started from an outcome, which does not hold the text.</exception>
    public OutcomeAssertions WithText(string text)
    {
        ChatAnswer received = _received ?? throw new InvalidOperationException(
            "An outcome does not hold the text. Start from the completion, the stream or the exception: stream.Must().WithText(...).");
        return Require(received.Text == text, $"the text \"{text}\"", $"\"{received.Text}\"");
    }

    /// <summary>This call may be run; others may be ready too.</summary>
    /// <param name="name">The tool's name.</param>
    /// <param name="arguments">The arguments; as JSON, so that white space and the order of members do not matter.</param>
    public OutcomeAssertions WithReadyCall(string name, string arguments) => Require(
        _outcome.ToolCalls.Any(call => call.Name == name && SameJson.Are(call.Arguments, arguments)),
        $"the ready call {name} {arguments}",
        Calls("ready", _outcome.ToolCalls.Select(call => $"{call.Name} {call.Arguments}")));

    /// <summary>No call may be run.</summary>
    public OutcomeAssertions WithoutReadyCalls() => Require(
        _outcome.ToolCalls.Count == 0, "no ready call", Calls("ready", _outcome.ToolCalls.Select(call => $"{call.Name} {call.Arguments}")));

    /// <summary>A call was withheld for this reason; others may be withheld too.</summary>
    /// <param name="name">The tool's name; null if none came.</param>
    /// <param name="reason">Why it must not be run.</param>
    public OutcomeAssertions WithWithheldCall(string? name, WithheldReason reason) => Require(
        _outcome.WithheldToolCalls.Any(call => call.Name == name && call.Reason == reason),
        $"the call of {name ?? "an unnamed tool"} withheld ({reason})",
        Calls("withheld", _outcome.WithheldToolCalls.Select(call => $"{call.Name ?? "an unnamed tool"} ({call.Reason})")));

    /// <summary>No call was withheld.</summary>
    public OutcomeAssertions WithoutWithheldCalls() => Require(
        _outcome.WithheldToolCalls.Count == 0,
        "no withheld call",
        Calls("withheld", _outcome.WithheldToolCalls.Select(call => $"{call.Name ?? "an unnamed tool"} ({call.Reason})")));

    /// <summary>A note of this kind was made.</summary>
    public OutcomeAssertions WithNote(OutcomeNoteKind kind) =>
        Require(_outcome.Notes.Any(note => note.Kind == kind), $"the note {kind}", Notes());

    /// <summary>No note of this kind was made.</summary>
    public OutcomeAssertions WithoutNote(OutcomeNoteKind kind) =>
        Require(_outcome.Notes.All(note => note.Kind != kind), $"no note {kind}", Notes());

    /// <summary>The server counted these tokens.</summary>
    public OutcomeAssertions WithUsage(int prompt, int completion) => Require(
        _outcome.Usage is { } usage && usage.PromptTokens == prompt && usage.CompletionTokens == completion,
        $"usage of {prompt} and {completion} tokens",
        _outcome.Usage is { } counted ? $"{counted.PromptTokens} and {counted.CompletionTokens}" : "none");

    /// <summary>The server counted nothing: unknown, not zero.</summary>
    public OutcomeAssertions WithoutUsage() => Require(
        _outcome.Usage is null, "no usage", $"{_outcome.Usage?.PromptTokens} and {_outcome.Usage?.CompletionTokens} tokens");

    /// <summary>A fresh budget that records this turn says so.</summary>
    /// <param name="state">What the budget must say.</param>
    /// <param name="limits">What it may spend.</param>
    public OutcomeAssertions LeavingBudget(BudgetState state, BudgetLimits limits)
    {
        BudgetReport report = new TokenBudget(limits).Record(_outcome);
        return Require(report.State == state, $"a budget that is {state}", $"{report.State} ({report.Explain()})");
    }

    private OutcomeAssertions Require(bool holds, string expected, string actual) => holds
        ? this
        : throw new OutcomeAssertionException($"Expected {expected}, but it was {actual}.{Environment.NewLine}{_outcome.Explain()}");

    private string Notes() => _outcome.Notes.Count == 0 ? "no notes" : string.Join(", ", _outcome.Notes.Select(note => note.Kind));

    private static string Calls(string kind, IEnumerable<string> calls) =>
        string.Join(", ", calls) is { Length: > 0 } all ? $"{kind}: {all}" : $"none {kind}";

    private static string Quoted(string? word) => word is null ? "none" : $"\"{word}\"";
}

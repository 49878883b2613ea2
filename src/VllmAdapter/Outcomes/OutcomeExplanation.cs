using System.Globalization;

namespace VllmAdapter;

/// <summary>Says an outcome in plain sentences: what happened and what it cost; then what became of the calls, and what to do.</summary>
internal static class OutcomeExplanation
{
    private const int MostOfAWord = 64;
    private const int MostOfForeignText = 100;
    private static readonly TimeSpan LeastTold = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan WorthTelling = TimeSpan.FromSeconds(1);

    public static string Of(StreamOutcome outcome)
    {
        string first = $"{outcome.Verdict}: {What(outcome)}{Share(outcome)}{Cost(outcome)}.";
        return string.Join(' ', new[] { first, Tools(outcome), Note(outcome), WayOut.OfAStall(outcome), Recovery(outcome) }.OfType<string>());
    }

    private static string What(StreamOutcome outcome)
    {
        StreamEvidence evidence = outcome.Evidence;
        return outcome.Verdict switch
        {
            StreamVerdict.Completed => $"the server declared {Words(outcome)}",
            StreamVerdict.Unconfirmed => Doubt(outcome),
            StreamVerdict.LengthLimited => Length(outcome),
            StreamVerdict.StoppedByServer => $"the server ended the answer with \"{Word(Worst(outcome)?.FinishReason)}\"",
            StreamVerdict.StoppedByPolicy when outcome.TerminatedBy == TerminationCause.BudgetExhausted =>
                $"the caller's token budget was spent after {Chunks(evidence)}",
            StreamVerdict.StoppedByPolicy => $"the caller's policy stopped the stream after {Chunks(evidence)} ({ServerText.Quote(outcome.TerminatedBy.Value, MostOfAWord)})",
            StreamVerdict.Aborted => "the server gave up on the request (abort)",
            StreamVerdict.Interrupted => Interruption(outcome),
            StreamVerdict.Stalled => Stall(outcome),
            StreamVerdict.ServerError => Failure(outcome),
            StreamVerdict.Malformed => Malformation(evidence),
            StreamVerdict.Canceled => $"the caller canceled after {Chunks(evidence)}",
            StreamVerdict.Abandoned => $"the consumer left the loop after {Chunks(evidence)}",
            _ => "nothing was judged",
        };
    }

    private static string Doubt(StreamOutcome outcome)
    {
        if (Worst(outcome)?.FinishReason is { } word)
            return $"the server declared {Word(word)}, but output seems to be missing";

        string end = outcome.Evidence switch
        {
            { SentinelSeen: true } => "the sentinel came",
            { IsWholeReply: true } => "the reply came whole",
            _ => "the body ended in order",
        };
        return $"{end}, but no finish reason; nothing says whether the answer is complete or was cut";
    }

    private static string Length(StreamOutcome outcome)
    {
        string cut = outcome.Limit switch
        {
            LengthLimit.MaxTokens => "the request's max tokens cut the answer",
            LengthLimit.ContextWindow => "the model's context window cut the answer",
            LengthLimit.ServerMaxTokens => "the server's own limit cut the answer (its --override-generation-config, the model's max_new_tokens, or a gateway's)",
            _ => "a token limit cut the answer, and nothing says which one",
        };
        return (outcome.Certainty, Worst(outcome)?.FinishReason) switch
        {
            (Certainty.Declared, _) => cut,
            (_, { } word) => $"{cut}, although the server declared {Word(word)}",
            _ => $"{cut}, and the server did not say so",
        };
    }

    private static string Interruption(StreamOutcome outcome)
    {
        StreamEvidence evidence = outcome.Evidence;
        int? worst = Worst(outcome)?.Index;
        ChoiceEvidence? choice = evidence.Choices.FirstOrDefault(choice => choice.Index == worst);
        return (outcome.Certainty, evidence.BodyEnd) switch
        {
            (Certainty.Observed, BodyEnd.Cut) =>
                $"the connection broke after {Chunks(evidence)} ({ServerText.Quote(evidence.TransportError)?.TrimEnd('.')}){AfterSilence(evidence)}",
            (Certainty.Observed, _) => $"the body ended inside an event after {Chunks(evidence)}{AfterSilence(evidence)}",
            _ when evidence.Events == 0 => $"the body ended without a single event{AfterSilence(evidence)}",
            _ when OutcomeJudge.WasCutInOrder(evidence) =>
                $"the body ended in order after {Chunks(evidence)}, but neither a finish reason nor the sentinel came; vLLM always sends it, "
                + $"so something on the way closed a cut stream{AfterSilence(evidence)}",
            _ when choice is not { HasOutput: true } => "the body ended without output and without a finish reason",
            _ => "the body ended in the middle of a tool call and without a finish reason",
        };
    }

    // A cut that follows a silence names the setting behind it.
    private static string AfterSilence(StreamEvidence evidence) =>
        evidence.SilentFor > WorthTelling
            ? $", after {Seconds(evidence.SilentFor)} of silence; probably the idle timeout of a proxy on the way"
            : "";

    private static string Malformation(StreamEvidence evidence)
    {
        string text = ServerText.Quote(evidence.UnreadText, MostOfForeignText) is { } foreign && !MayHoldTheAnswer(foreign) ? $" (\"{foreign}\")" : "";
        return $"the body cannot be read as a chat stream after {Chunks(evidence)}: {ServerText.Quote(evidence.Malformation)?.TrimEnd('.')}{text}";
    }

    // What the model wrote, or what a part of it may be, has no place in a sentence.
    private static bool MayHoldTheAnswer(string text) =>
        text[0] is '{' or '[' or '"' || text.Contains("data:", StringComparison.Ordinal) || text.Contains("\"choices\"", StringComparison.Ordinal);

    private static string Stall(StreamOutcome outcome)
    {
        StreamEvidence evidence = outcome.Evidence;
        string alive = evidence.KeepAlives > 0 ? $", only {OutcomeNotes.Count(evidence.KeepAlives, "keep-alive")}" : "";
        string silence = evidence.SilentFor >= LeastTold ? $"no {Progress(evidence)} for {Seconds(evidence.SilentFor)}" : "no chunk in time";
        return outcome.TerminatedBy switch
        {
            var cause when cause == TerminationCause.Deadline => $"the deadline passed after {Seconds(evidence.Elapsed)} and {Chunks(evidence)}",
            var cause when cause == TerminationCause.FirstChunkTimeout && evidence.SilentFor >= LeastTold =>
                $"no chunk within {Seconds(evidence.SilentFor)}{alive} (first chunk timeout)",
            var cause when cause == TerminationCause.FirstChunkTimeout => $"no chunk in time{alive} (first chunk timeout)",
            _ => $"{silence}{alive} after {Chunks(evidence)} (idle timeout)",
        };
    }

    // Chunks may come without anything in them; then it is not they that were missing.
    private static string Progress(StreamEvidence evidence) =>
        evidence.LastChunkAt is { } last && evidence.Elapsed - last + LeastTold < evidence.SilentFor ? "progress in any chunk" : "chunk";

    private static string Failure(StreamOutcome outcome)
    {
        string when = $"after {Chunks(outcome.Evidence)}";
        if ((outcome.Evidence.Error ?? outcome.Evidence.Choices.FirstOrDefault(choice => choice.Error is not null)?.Error) is not { } error)
            return $"the server declared error {when}";

        string code = ServerText.Quote(error.Code, MostOfAWord) is { } word ? $" {word}" : "";
        return $"the server reported an error{code} {when}{(ServerText.Quote(error.Words ?? error.Message) is { } message ? $": {message.TrimEnd('.')}" : ", without a message")}";
    }

    // What broke the stream broke it for all; the rest may be true of some choices only.
    private static string Share(StreamOutcome outcome)
    {
        int such = outcome.Choices.Count(choice => choice.Verdict == outcome.Verdict);
        return outcome.Certainty == Certainty.Observed || such == outcome.Choices.Count
            ? ""
            : $" ({Number(such)} of {Number(outcome.Choices.Count)} choices)";
    }

    private static string Cost(StreamOutcome outcome)
    {
        if (outcome.Usage is not { } usage)
            return "";

        if (outcome.Parts.Count > 0)
            return $"; {OutcomeNotes.Count(usage.CompletionTokens, "token")} used by {outcome.Parts.Count} requests";

        StreamEvidence evidence = outcome.Evidence;
        if (!TokenRoom.IsCredible(evidence))
            return $"; {OutcomeNotes.Count(evidence.CountedTokens, "token")} counted, more than the {Number(evidence.Request.MaxTokens ?? 0)} allowed";

        string atLeast = evidence.UsageIsExact ? "" : "at least ";
        string tokens = evidence.IsSingle && evidence.Request.MaxTokens is { } maxTokens
            ? $"{Number(evidence.CountedTokens)} of {Number(maxTokens)} tokens"
            : OutcomeNotes.Count(evidence.CountedTokens, "token");
        string prompt = outcome.Limit == LengthLimit.ContextWindow ? $" after a prompt of {Number(usage.PromptTokens)}" : "";
        return $"; {atLeast}{tokens} used{prompt}";
    }

    private static string? Tools(StreamOutcome outcome) => (outcome.ToolCalls.Count, outcome.WithheldToolCalls.Count) switch
    {
        (0, 0) => null,
        (var ready, 0) => $"{OutcomeNotes.Count(ready, "tool call")} ready.",
        (0, 1) => outcome.WithheldToolCalls[0].Explain(),
        (0, var withheld) => $"{OutcomeNotes.Count(withheld, "tool call")} withheld.",
        var (ready, withheld) => $"{OutcomeNotes.Count(ready, "tool call")} ready, {OutcomeNotes.Count(withheld, "tool call")} withheld.",
    };

    private static string? Note(StreamOutcome outcome) => outcome.Notes
        .Where(note => note.Kind is OutcomeNoteKind.OutputMissing or OutcomeNoteKind.AllReasoning or OutcomeNoteKind.NoAnswer
            or OutcomeNoteKind.StoppedInReasoning or OutcomeNoteKind.Refused or OutcomeNoteKind.CallInText or OutcomeNoteKind.CumulativeText
            or OutcomeNoteKind.EndedWithoutSentinel or OutcomeNoteKind.OutputNotAsAsked)
        .Select(note => note.Text)
        .FirstOrDefault();

    private static ChoiceOutcome? Worst(StreamOutcome outcome) => outcome.Choices.FirstOrDefault(choice => choice.Verdict == outcome.Verdict);

    private static string? Recovery(StreamOutcome outcome) => outcome.Notes
        .Where(note => note.Kind is OutcomeNoteKind.Recovered or OutcomeNoteKind.RecoveryFailed)
        .Select(note => note.Text)
        .FirstOrDefault();

    private static string Words(StreamOutcome outcome) =>
        ChoiceNotes.Words(outcome.Choices.Select(choice => choice.FinishReason).OfType<FinishReason>());

    private static string? Word(FinishReason? reason) => ServerText.Quote(reason?.Value, MostOfAWord);

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Chunks(StreamEvidence evidence) => OutcomeNotes.Count(evidence.Chunks, "chunk");

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0 s", CultureInfo.InvariantCulture);
}

namespace VllmAdapter.Tool.Check;

/// <summary>What the end of one answer shows of the server: a pure function of the outcome, so that a recorded stream shows the same again.</summary>
internal static class EndFindings
{
    /// <param name="request">What was asked.</param>
    /// <param name="answer">What came of it.</param>
    public static IEnumerable<(FindingKind Kind, string Text)> Of(ChatRequest request, ChatAnswer answer)
    {
        StreamOutcome outcome = answer.Outcome;
        string said = Said(outcome);
        foreach (FindingKind kind in OfVerdict(outcome).Distinct())
            yield return (kind, said);

        foreach ((FindingKind Kind, string Text) found in CallFindings.Of(request, outcome))
            yield return found;

        foreach (OutcomeNote note in outcome.Notes)
        {
            if (OfNote(note.Kind, request, outcome) is { } kind)
                yield return (kind, note.Text);
        }

        foreach ((FindingKind Kind, string Text) found in TextFindings.Of(request, answer))
            yield return found;
    }

    /// <summary>The first sentence of the explanation: how it ended. What became of the calls has findings of its own.</summary>
    public static string Said(StreamOutcome outcome)
    {
        string all = outcome.Explain();
        int end = all.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? all : all[..(end + 1)];
    }

    private static IEnumerable<FindingKind> OfVerdict(StreamOutcome outcome)
    {
        StreamEvidence evidence = outcome.Evidence;
        HashSet<int> came = [.. evidence.Choices.Select(choice => choice.Index)];
        foreach (ChoiceOutcome choice in outcome.Choices)
        {
            // What breaks the stream is told once, and nothing is said of choices that had no chance.
            if (choice.Verdict == StreamVerdict.Interrupted && !came.Contains(choice.Index) && came.Count > 0 && evidence.SentinelSeen)
                yield return EndKinds.ChoiceMissing;
            else if (OfChoice(choice, evidence) is { } kind)
                yield return kind;
        }
    }

    private static FindingKind? OfChoice(ChoiceOutcome choice, StreamEvidence evidence) => choice.Verdict switch
    {
        StreamVerdict.ServerError => EndKinds.ServerError,
        StreamVerdict.Malformed => EndKinds.Unreadable,
        StreamVerdict.Stalled => EndKinds.Silent,
        StreamVerdict.Aborted => EndKinds.Aborted,
        StreamVerdict.StoppedByServer when choice.FinishReason == FinishReason.ContentFilter => null,
        StreamVerdict.StoppedByServer => EndKinds.WordUnknown,
        StreamVerdict.Interrupted when choice.Certainty == Certainty.Observed => EndKinds.Cut,
        StreamVerdict.Interrupted when evidence is { Chunks: 0 } => EndKinds.Empty,
        StreamVerdict.Interrupted when evidence is { SentinelSeen: false, SentinelExpected: true, IsWholeReply: false } => EndKinds.CutInOrder,
        StreamVerdict.Interrupted when HasCalls(choice, evidence) => CallKinds.CallLeftOpen,
        StreamVerdict.Interrupted when evidence.Usage is { CompletionTokens: > 2 } => EndKinds.OutputLost,
        StreamVerdict.Interrupted => EndKinds.Empty,
        StreamVerdict.LengthLimited when choice.Certainty == Certainty.Inferred && choice.FinishReason is null => EndKinds.CutUndeclared,
        StreamVerdict.LengthLimited when choice.Certainty == Certainty.Inferred => CallKinds.CutMasked,
        StreamVerdict.LengthLimited when choice.Limit == LengthLimit.ServerMaxTokens => EndKinds.ServerCap,
        StreamVerdict.Unconfirmed when choice.FinishReason is null => EndKinds.ReasonMissing,
        _ => null,
    };

    private static bool HasCalls(ChoiceOutcome choice, StreamEvidence evidence) =>
        evidence.Choices.Any(one => one.Index == choice.Index && one.ToolCalls.Count > 0);

    private static FindingKind? OfNote(OutcomeNoteKind note, ChatRequest request, StreamOutcome outcome) => note switch
    {
        OutcomeNoteKind.OutputMissing => EndKinds.OutputLost,
        OutcomeNoteKind.EndedWithoutSentinel => EndKinds.NoSentinel,
        OutcomeNoteKind.ConflictingFinishReasons => EndKinds.ReasonsConflict,
        OutcomeNoteKind.LateOutput => EndKinds.LateOutput,
        OutcomeNoteKind.CallsAnnouncedNoneCame => CallKinds.CallsAnnounced,
        OutcomeNoteKind.LastEventUnterminated => EndKinds.Unterminated,
        OutcomeNoteKind.ResponseIdChanged => AnswerKinds.IdChanges,
        OutcomeNoteKind.LossyText => AnswerKinds.Lossy,
        OutcomeNoteKind.OddFields => AnswerKinds.OddFields,
        OutcomeNoteKind.UnexpectedChoices => AnswerKinds.OddChoices,
        OutcomeNoteKind.NoAnswer => AnswerKinds.NoAnswer,
        // The parsers of whole replies leave a call that was cut as the text that it is.
        OutcomeNoteKind.CallInText when outcome.Verdict == StreamVerdict.LengthLimited => null,
        OutcomeNoteKind.CallInText when request.ToolChoice == ToolChoice.None => CallKinds.CallInTextOfNone,
        OutcomeNoteKind.CallInText => CallKinds.CallInText,
        OutcomeNoteKind.CountBeyondMaxTokens => AnswerKinds.CountBeyond,
        OutcomeNoteKind.CumulativeText => AnswerKinds.Cumulative,
        OutcomeNoteKind.UnwantedReasoning => AnswerKinds.NotHidden,
        OutcomeNoteKind.OutputNotAsAsked => AnswerKinds.Unconstrained,

        OutcomeNoteKind.UsageMissing when request.UsageReporting == UsageReporting.None => null,

        // A stream that broke off has none by its nature, and usage that comes after the finish reason goes with the sentinel.
        OutcomeNoteKind.UsageMissing when outcome.Evidence.EveryChoiceDeclared && outcome.Verdict is not (StreamVerdict.ServerError or StreamVerdict.Malformed)
            => AnswerKinds.UsageMissing,
        OutcomeNoteKind.UsageMissing when outcome.Verdict == StreamVerdict.Unconfirmed => AnswerKinds.UsageMissing,
        _ => null,
    };
}

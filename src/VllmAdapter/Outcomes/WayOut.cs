namespace VllmAdapter;

/// <summary>What the caller can do about an outcome, said after what happened: many read no more of an exception than its message.</summary>
internal static class WayOut
{
    public static string After(StreamOutcome outcome) =>
        Advice(outcome) is { } advice ? $"{outcome.Explain()} {advice}" : outcome.Explain();

    /// <summary>What to do about a silence, which <see cref="StreamOutcome.Explain"/> says too; null if there was none.</summary>
    public static string? OfAStall(StreamOutcome outcome) => outcome switch
    {
        { Verdict: not StreamVerdict.Stalled } => null,
        _ when outcome.TerminatedBy == TerminationCause.Deadline => "Raise TimeLimits.Total (Termination.After), or ask for less.",
        _ when outcome.TerminatedBy == TerminationCause.FirstChunkTimeout =>
            "The server may be queueing or loading: see its load, or raise TimeLimits.FirstChunk (Termination.OnSilence).",
        _ => "A server that is shutting down leaves its streams open and silent: use another one, or raise TimeLimits.BetweenChunks (Termination.OnSilence).",
    };

    private static string? Advice(StreamOutcome outcome)
    {
        bool hasCalls = outcome.ToolCalls.Count + outcome.WithheldToolCalls.Count > 0;
        return outcome.Verdict switch
        {
            StreamVerdict.ServerError when !Continuation.IsWorthTrying(outcome) => "Correct the request; unchanged, it will fail again.",
            StreamVerdict.Interrupted or StreamVerdict.Aborted or StreamVerdict.ServerError when hasCalls || WasAskedAgain(outcome) =>
                "Ask again; what came is in Received.",
            StreamVerdict.Interrupted or StreamVerdict.Aborted or StreamVerdict.ServerError =>
                "Ask again, or let ChatRequest.Recovery continue plain text; what came is in Received.",
            StreamVerdict.Malformed => "Check what lies between the client and the server; what came is in Received.",
            StreamVerdict.LengthLimited when outcome.Limit == LengthLimit.ContextWindow =>
                "Shorten the messages; VllmServer.PlanAsync tells you in advance what fits.",
            StreamVerdict.LengthLimited when outcome.Limit == LengthLimit.ServerMaxTokens =>
                MayBeContinued(outcome) ? "Raise that limit, or go on with ChatRequest.Continuing(outcome)." : "Raise that limit and ask again.",
            StreamVerdict.LengthLimited when outcome is { Limit: LengthLimit.Unattributed, Usage: not null, Evidence.Request.ContextWindow: null } =>
                "Set VllmAdapterOptions.ContextWindow to tell the limits apart; then raise ChatRequest.MaxTokens, or shorten the messages.",
            StreamVerdict.LengthLimited when hasCalls || !MayBeContinued(outcome) => "Raise ChatRequest.MaxTokens and ask again.",
            StreamVerdict.LengthLimited => "Raise ChatRequest.MaxTokens, and ask again or go on with ChatRequest.Continuing(outcome).",
            StreamVerdict.Unconfirmed => "Ask again, or use what is in Received: IncompleteStreamBehavior.Throw accepts such an end.",
            _ => null,
        };
    }

    // What ChatRequest.Continuing would refuse is not offered.
    private static bool MayBeContinued(StreamOutcome outcome) =>
        outcome.Evidence.Request is { Format: null, RequiresCall: false, ChoiceCount: <= 1 };

    private static bool WasAskedAgain(StreamOutcome outcome) =>
        outcome.Notes.Any(note => note.Kind is OutcomeNoteKind.Recovered or OutcomeNoteKind.RecoveryFailed);
}

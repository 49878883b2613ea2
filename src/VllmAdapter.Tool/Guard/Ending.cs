namespace VllmAdapter.Tool.Guard;

/// <summary>What is to become of an answer at its end: a pure function of its outcome.</summary>
/// <remarks>
/// Decided by what seven clients were seen to make of each way to end a stream: an error event and then a body that breaks off is the only one that all
/// of them notice; a call that goes out is run by five of them, whatever finish reason follows.
/// </remarks>
internal sealed record Ending
{
    /// <summary>How the answer ended.</summary>
    public required StreamOutcome Outcome { get; init; }

    /// <summary>The kind of error that the answer ends as; null if it ends as an answer.</summary>
    public string? Error { get; init; }

    /// <summary>The finish reasons to write, by choice: where the server declared none, or another one than is true.</summary>
    public IReadOnlyDictionary<int, string> Reasons { get; init; } = new Dictionary<int, string>();

    public bool IsError => Error is not null;

    public static Ending Of(StreamOutcome outcome, CutEnding onCut) => outcome switch
    {
        { WithheldToolCalls.Count: > 0 } => Failing(outcome, "tool_call_withheld"),
        { Verdict: StreamVerdict.LengthLimited } when onCut == CutEnding.Error => Failing(outcome, "answer_cut"),
        _ when outcome.Notes.Any(static note => note.Kind == OutcomeNoteKind.OutputMissing) => Failing(outcome, "output_missing"),
        { Verdict: StreamVerdict.Completed or StreamVerdict.Unconfirmed or StreamVerdict.LengthLimited or StreamVerdict.StoppedByServer } =>
            new Ending { Outcome = outcome, Reasons = ReasonsToWrite(outcome) },
        _ => Failing(outcome, Words.Snake(outcome.Verdict)),
    };

    private static Ending Failing(StreamOutcome outcome, string error) => new() { Outcome = outcome, Error = error };

    private static Dictionary<int, string> ReasonsToWrite(StreamOutcome outcome)
    {
        bool conflict = outcome.Notes.Any(static note => note.Kind == OutcomeNoteKind.ConflictingFinishReasons);
        Dictionary<int, string> reasons = [];
        foreach (ChoiceOutcome choice in outcome.Choices)
        {
            string right = choice switch
            {
                { Verdict: StreamVerdict.LengthLimited } => FinishReason.Length.Value,
                { FinishReason: { } declared } => declared.Value,
                _ when outcome.ToolCalls.Any(call => call.ChoiceIndex == choice.Index) => FinishReason.ToolCalls.Value,
                _ => FinishReason.Stop.Value,
            };
            if (right != choice.FinishReason?.Value || conflict)
                reasons[choice.Index] = right;
        }

        return reasons;
    }
}

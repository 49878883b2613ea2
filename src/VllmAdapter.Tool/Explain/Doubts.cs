namespace VllmAdapter.Tool.Explain;

/// <summary>Why an answer that ended in order is not to be used as it is, with the way out.</summary>
internal static class Doubts
{
    /// <summary>What to do in place of using it; null if it may be used.</summary>
    public static string? About(StreamOutcome outcome) =>
        outcome.Notes.Select(note => Advice(note.Kind)).FirstOrDefault(advice => advice is not null);

    private static string? Advice(OutcomeNoteKind kind) => kind switch
    {
        OutcomeNoteKind.OutputMissing => "Do not use it: output is missing. Ask once more, without streaming.",
        OutcomeNoteKind.CallInText => "Do not show it: it holds a tool call that the server's parser did not find. See the server's --tool-call-parser.",
        OutcomeNoteKind.CumulativeText => "Do not use it: every piece repeats the text before it, so the text is in it several times. Use the last piece alone.",
        OutcomeNoteKind.NoAnswer => "There is none: the model ended after its reasoning. Ask again.",
        OutcomeNoteKind.StoppedInReasoning => "There is none: a stop string was met inside the reasoning. Choose another one.",
        OutcomeNoteKind.OutputNotAsAsked => "It does not have the form that was asked for: the server may not know the setting.",
        _ => null,
    };
}

namespace VllmAdapter.Agents;

/// <summary>What a turn is that ended well, called nothing, and yet gives no answer.</summary>
internal enum NoAnswerKind
{
    /// <summary>The model declined in words that stand in place of an answer.</summary>
    Declined = 1,

    /// <summary>A call of a declared tool stands as text: the server's tool parser did not find it.</summary>
    CallAsText,

    /// <summary>A stop string or token ended the turn while the model was still reasoning.</summary>
    StoppedWhileReasoning,

    /// <summary>There are thoughts and nothing else.</summary>
    OnlyReasoning,
}

/// <summary>Says whether a turn without calls answers at all. A declared "stop" does not prove it.</summary>
internal static class NoAnswer
{
    // Strongest sign first. White space is what many templates leave behind the thoughts.
    public static NoAnswerKind? KindOf(StreamOutcome turn) => First(turn) switch
    {
        null => null,
        { RefusalLength: > 0 } => NoAnswerKind.Declined,
        { CallMarkup: not null } => NoAnswerKind.CallAsText,
        { ReasoningLength: > 0 } choice when HasNoText(turn, choice) =>
            choice.StopReason is null ? NoAnswerKind.OnlyReasoning : NoAnswerKind.StoppedWhileReasoning,
        _ => null,
    };

    public static string? Explain(StreamOutcome turn) => KindOf(turn) switch
    {
        NoAnswerKind.Declined => "The model declined to answer; its words are in Text.",
        NoAnswerKind.CallAsText =>
            $"A call of the tool '{First(turn)!.CallMarkup}' appears as text in the reply and was not run: the server's tool parser did not find it. "
            + "Check that vLLM's --tool-call-parser is the one for this model.",
        NoAnswerKind.StoppedWhileReasoning =>
            $"A stop string or token ended the turn while the model was reasoning: {OutcomeNotes.Count(First(turn)!.ReasoningLength, "character")} of reasoning, no answer. "
            + "Use a stop string that does not occur in its reasoning.",
        NoAnswerKind.OnlyReasoning =>
            $"The model only reasoned: {OutcomeNotes.Count(First(turn)!.ReasoningLength, "character")} of reasoning, no answer. "
            + "Check that vLLM's --reasoning-parser is the one for this model, or ask for less reasoning.",
        _ => null,
    };

    private static ChoiceEvidence? First(StreamOutcome turn) => turn.Evidence.Choices.FirstOrDefault(choice => choice.Index == 0);

    private static bool HasNoText(StreamOutcome turn, ChoiceEvidence choice) =>
        choice.TextLength == 0 || turn.Received.Any(received => received.Index == 0 && string.IsNullOrWhiteSpace(received.Text));
}

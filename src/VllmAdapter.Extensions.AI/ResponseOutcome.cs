namespace VllmAdapter.Extensions.AI;

/// <summary>How a response ended for which the client asked more than once: as its last turn, with all that the turns cost.</summary>
internal static class ResponseOutcome
{
    public static StreamOutcome Of(IReadOnlyList<StreamOutcome> turns) => turns is [var only] ? only : turns[^1] with
    {
        Parts = turns,
        Attempts = turns.Sum(turn => turn.Attempts),
        Usage = Sum(turns),
    };

    // What was not counted in one turn is not known of all.
    private static TokenUsage? Sum(IReadOnlyList<StreamOutcome> turns)
    {
        if (turns.Any(turn => turn.Usage is null))
            return null;

        long prompt = turns.Sum(turn => (long)turn.Usage!.PromptTokens);
        long completion = turns.Sum(turn => (long)turn.Usage!.CompletionTokens);
        return prompt + completion > int.MaxValue ? null : new TokenUsage { PromptTokens = (int)prompt, CompletionTokens = (int)completion };
    }
}

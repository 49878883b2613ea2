namespace VllmAdapter;

/// <summary>What one turn cost, as far as its outcome tells.</summary>
internal readonly record struct TurnCost(TokenCount Prompt, TokenCount Completion, MissingMetadata? Missing)
{
    public TokenCount Total => Prompt + Completion;

    public static TurnCost Of(StreamOutcome outcome)
    {
        if (outcome.Parts.Count > 0)
            return outcome.Parts.Select(Of).Aggregate(static (sum, part) => sum.And(part));

        StreamEvidence evidence = outcome.Evidence;
        if (outcome.Usage is not { } usage)
            return new TurnCost(TokenCount.AtLeast(0), TokenCount.AtLeast(0), MissingMetadata.Usage);

        // vLLM 0.8.5 undercounts the sum over several choices: what the choices counted themselves is a better lower bound.
        long counted = Math.Max(usage.CompletionTokens, evidence.Choices.Sum(choice => (long)(choice.CompletionTokens ?? 0)));
        TokenCount prompt = TokenCount.Exactly(usage.PromptTokens);
        return evidence.UsageIsFinal
            ? new TurnCost(prompt, TokenCount.Exactly(counted), Missing: null)
            : new TurnCost(prompt, UpTo(counted, MostPossible(evidence.Asked, usage)), MissingMetadata.FinalUsage);
    }

    private TurnCost And(TurnCost other) => new(Prompt + other.Prompt, Completion + other.Completion, Missing ?? other.Missing);

    private static long? MostPossible(AskedFor asked, TokenUsage usage)
    {
        long? window = asked.ContextWindow - usage.PromptTokens;
        long? each = asked.OutputCap is { } cap && (window is null || cap < window) ? cap : window;
        return each * Math.Max(1, asked.Choices);
    }

    private static TokenCount UpTo(long min, long? max) =>
        max is { } most ? TokenCount.Between(min, Math.Max(min, most)) : TokenCount.AtLeast(min);
}

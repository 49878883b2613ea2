namespace VllmAdapter;

/// <summary>Parts of a <see cref="TokenUsage"/>; each is null where the server does not name it.</summary>
public sealed record TokenUsageDetails
{
    /// <summary>Prompt tokens that came from the prefix cache (vLLM 0.6.4 and later, with <c>--enable-prompt-tokens-details</c>).</summary>
    public int? CachedPromptTokens { get; init; }

    /// <summary>Prompt tokens newly written to the prefix cache (vLLM 0.26 and later, same flag).</summary>
    public int? CreatedCacheTokens { get; init; }

    /// <summary>Completion tokens spent on reasoning (vLLM 0.28 and later, with a reasoning parser).</summary>
    public int? ReasoningTokens { get; init; }
}

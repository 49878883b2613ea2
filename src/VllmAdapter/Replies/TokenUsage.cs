namespace VllmAdapter;

/// <summary>The tokens that the server counted.</summary>
/// <remarks>With several choices the completion tokens of a final usage are one sum over all of them; vLLM 0.8.5 undercounts it.</remarks>
public sealed record TokenUsage
{
    /// <summary>Tokens of the prompt, counted once however many choices were asked for.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Tokens generated so far (continuous usage: of one choice) or in all (final usage), reasoning included.</summary>
    public int CompletionTokens { get; init; }

    /// <summary>Prompt and completion together.</summary>
    public int TotalTokens => PromptTokens + CompletionTokens;

    /// <summary>Parts of the counts, where the server names them (vLLM 0.32 with the flags for it); null otherwise.</summary>
    public TokenUsageDetails? Details { get; init; }

    /// <summary>Of three counts any two give the third; null if neither the prompt nor the completion was counted.</summary>
    internal static TokenUsage? From(int? prompt, int? completion, int? total, TokenUsageDetails? details = null) =>
        prompt is null && completion is null ? null : new TokenUsage
        {
            PromptTokens = prompt ?? Math.Max(0, total - completion ?? 0),
            CompletionTokens = completion ?? Math.Max(0, total - prompt ?? 0),
            Details = details,
        };

    /// <summary>Both choices' tokens, where the server counts each choice for itself.</summary>
    internal TokenUsage With(TokenUsage otherChoice) => new()
    {
        PromptTokens = Math.Max(PromptTokens, otherChoice.PromptTokens),
        CompletionTokens = (int)Math.Min((long)CompletionTokens + otherChoice.CompletionTokens, int.MaxValue / 2),
    };
}

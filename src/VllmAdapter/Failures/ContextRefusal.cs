namespace VllmAdapter.Diagnostics;

/// <summary>The numbers that a server gave when it refused a request that does not fit its context window.</summary>
/// <remarks>What the server did not report is null; no number is guessed.</remarks>
public sealed record ContextRefusal
{
    /// <summary>Tokens that the model can hold, prompt and output together.</summary>
    /// <remarks>vLLM 0.15 may report it less the output tokens that were asked for (vllm#33418).</remarks>
    public int? ContextWindow { get; init; }

    /// <summary>Tokens of the prompt; only a lower bound when <see cref="PromptIsLowerBound"/> is set.</summary>
    public int? PromptTokens { get; init; }

    /// <summary>
    /// True if the server stopped counting ("at least", vLLM 0.18 and later): the prompt may be many times longer.
    /// </summary>
    public bool PromptIsLowerBound { get; init; }

    /// <summary>
    /// Output tokens asked for, by the server's words or else by the request; null if no max tokens were asked for.
    /// </summary>
    public int? RequestedMaxTokens { get; init; }

    /// <summary>
    /// True if the prompt leaves no room for any output, so only shorter messages help; false if lower max tokens are
    /// enough; null if the server's words leave it open.
    /// </summary>
    public bool? PromptAloneIsTooLong { get; init; }
}

namespace VllmAdapter;

/// <summary>Which limit cut an answer.</summary>
public enum LimitAttribution
{
    /// <summary>The request's own <c>max_tokens</c>: raise <see cref="ChatRequest.MaxTokens"/> or continue the answer.</summary>
    OutputCap = 1,

    /// <summary>The model's context window: shorten the messages.</summary>
    ContextWindow,

    /// <summary>The caller's own <see cref="TokenBudget"/>: raise its limits if the run is worth it.</summary>
    OwnBudget,

    /// <summary>The server said "length", but the counts that would tell which limit are missing: ask for usage, or set the context window.</summary>
    Unattributed,
}

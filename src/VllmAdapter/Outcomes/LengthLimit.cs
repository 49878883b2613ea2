namespace VllmAdapter;

/// <summary>Which limit cut an answer.</summary>
public enum LengthLimit
{
    /// <summary>The request's own <c>max_tokens</c>: raise <see cref="ChatRequest.MaxTokens"/> or continue the answer.</summary>
    MaxTokens = 1,

    /// <summary>The model's context window: shorten the messages.</summary>
    ContextWindow,

    /// <summary>The caller's own <see cref="TokenBudget"/>: raise its limits if the run is worth it.</summary>
    TokenBudget,

    /// <summary>The server said "length", but the counts that would show which limit are missing: ask for usage, or set the context window.</summary>
    Unattributed,

    /// <summary>
    /// A limit of the server's or a gateway's own: fewer tokens than the request allowed, and the context window is not full. Look at the
    /// server's <c>--override-generation-config</c> and the model's <c>max_new_tokens</c>, or at the gateway's limits.
    /// </summary>
    ServerMaxTokens,
}

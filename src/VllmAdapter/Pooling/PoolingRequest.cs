using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>What every question to a pooling model may say: one that embeds, ranks, scores, classifies or pools, and writes nothing.</summary>
/// <remarks>
/// Immutable, so an instance may be varied with <c>with</c> and sent from several threads at once; the JSON objects that it refers to must not be changed
/// meanwhile. Only what is set is sent.
/// </remarks>
public abstract record PoolingRequest
{
    private readonly EqualJson _extra;

    private protected PoolingRequest()
    {
    }

    /// <summary>The served model or LoRA adapter to use.</summary>
    /// <value>Null (default): the adapter's own model, and without one the one that the server serves.</value>
    public string? Model { get; init; }

    /// <summary>Cuts each input to this many tokens (<c>truncate_prompt_tokens</c>).</summary>
    /// <value>
    /// 1 or more, at most the model's window; -1 is the window (vLLM after 0.8.5). Null (default): never cut; one input too long, and the server refuses all
    /// that are sent with it.
    /// </value>
    public long? TruncateTo { get; init; }

    /// <summary>The side that an input too long is cut on (vLLM since about 0.22); only has an effect with <see cref="TruncateTo"/>.</summary>
    /// <value>
    /// Null (default): as the tokenizer cuts, which keeps its special tokens at both ends. A side cuts off the special token that stands there, so
    /// the vector is another one (recorded with vLLM 0.32.0).
    /// </value>
    public TruncationSide? TruncationSide { get; init; }

    /// <summary>Whether the tokenizer adds its special tokens to a text.</summary>
    /// <value>Null (default): true for texts, false for conversations, whose template writes them.</value>
    public bool? AddSpecialTokens { get; init; }

    /// <summary>
    /// Whether the model's last step is applied: normalisation to length 1 for embeddings, sigmoid or softmax for scores and classes
    /// (<c>use_activation</c>; older servers ignore it, or call it <c>normalize</c> or <c>activation</c>).
    /// </summary>
    /// <value>Null (default): as the model is set up, which is true for most.</value>
    public bool? UseActivation { get; init; }

    /// <summary>The priority and the cache salt; nothing else of it is sent, for these models have no other.</summary>
    /// <value>Null (default): like any other request.</value>
    public ServingOptions? Serving { get; init; }

    /// <summary>The HTTP headers of this request.</summary>
    /// <value>Null (default): only what the adapter itself sends.</value>
    public RequestHeaders? Headers { get; init; }

    /// <summary>Further fields of the body, for what this version has no property for.</summary>
    /// <value>Null (default): none. They override everything else, but cannot contain what decides how the reply is read.</value>
    public JsonObject? Extra { get => _extra.Json; init => _extra = new(value); }

    /// <summary>What the request consists of, in counts, not what it says.</summary>
    public sealed override string ToString() => $"{GetType().Name}: {Summary}";

    private protected abstract string Summary { get; }
}

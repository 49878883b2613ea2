namespace VllmAdapter;

/// <summary>Inputs for which a pooling model's own output is wanted (<c>/pooling</c>), whatever it is: a vector, or a row for each token.</summary>
public sealed record PoolRequest : PoolingBatchRequest
{
    /// <summary>The task: <c>embed</c>, <c>classify</c>, <c>token_embed</c> or <c>token_classify</c>.</summary>
    /// <value>Null (default): the model's own. vLLM refuses any other.</value>
    public string? Task { get; init; }
}

namespace VllmAdapter;

/// <summary>Inputs to be classified by a classification model (<c>/classify</c>, vLLM 0.9 and later).</summary>
public sealed record ClassificationRequest : PoolingBatchRequest
{
    /// <inheritdoc cref="RerankRequest.ScoreKind"/>
    public ScoreKind? ScoreKind { get; init; }
}

namespace VllmAdapter;

/// <summary>Documents to be put in order of their relevance to a query (<c>/v1/rerank</c>).</summary>
public sealed record RerankRequest : PoolingRequest
{
    /// <summary>What the documents are to be relevant to; it may be empty.</summary>
    public required string Query { get; init; }

    /// <summary>The documents, at least one; each may be empty.</summary>
    public required IReadOnlyList<string> Documents { get; init => field = ValueList<string>.Of(value); }

    /// <summary>How many of the best to return.</summary>
    /// <value>1 or more; null (default): all.</value>
    public int? TopN { get; init; }

    /// <summary>Cuts each document to this many tokens (<c>max_tokens_per_doc</c>, vLLM 0.20 and later).</summary>
    /// <value>1 or more; null (default): not cut.</value>
    public int? MaxTokensPerDocument { get; init; }

    /// <summary>Cuts the query to this many tokens (<c>max_tokens_per_query</c>, vLLM 0.20 and later).</summary>
    /// <value>1 or more; null (default): not cut.</value>
    public int? MaxTokensPerQuery { get; init; }

    /// <summary>What to judge by, for models whose template takes it (<c>instruction</c>, vLLM since about 0.22).</summary>
    /// <value>Null (default): none.</value>
    public string? Instruction { get; init; }

    /// <summary>What the scores of this server mean; it is handed out with the result, and a score outside of its range is refused.</summary>
    /// <value>Null (default): not known.</value>
    public ScoreKind? ScoreKind { get; init; }

    private protected override string Summary => $"{Documents.Count} documents";
}

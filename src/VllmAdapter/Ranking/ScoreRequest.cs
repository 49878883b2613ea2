namespace VllmAdapter;

/// <summary>Pairs of texts to be scored (<c>/v1/score</c>): one text against one, one against many, or each against its counterpart.</summary>
public sealed record ScoreRequest : PoolingRequest
{
    /// <summary>The first texts: one, or as many as <see cref="Documents"/>.</summary>
    public required IReadOnlyList<string> Queries { get; init => field = ValueList<string>.Of(value); }

    /// <summary>The second texts, at least one.</summary>
    public required IReadOnlyList<string> Documents { get; init => field = ValueList<string>.Of(value); }

    /// <inheritdoc cref="RerankRequest.MaxTokensPerDocument"/>
    public int? MaxTokensPerDocument { get; init; }

    /// <inheritdoc cref="RerankRequest.MaxTokensPerQuery"/>
    public int? MaxTokensPerQuery { get; init; }

    /// <inheritdoc cref="RerankRequest.Instruction"/>
    public string? Instruction { get; init; }

    /// <inheritdoc cref="RerankRequest.ScoreKind"/>
    public ScoreKind? ScoreKind { get; init; }

    private protected override string Summary => $"{Queries.Count} queries, {Documents.Count} documents";
}

namespace VllmAdapter.Server;

/// <summary>A text, or a conversation, as the tokens that the model sees.</summary>
public sealed record TokenizeResult
{
    /// <summary>How many there are.</summary>
    public required int Count { get; init; }

    /// <summary>Their ids, in order.</summary>
    public IReadOnlyList<int> Ids { get; init; } = [];

    /// <summary>Their texts, if they were asked for and the server gives them (not vLLM 0.8.5); null otherwise.</summary>
    public IReadOnlyList<string>? Texts { get; init; }

    /// <summary>Tokens that prompt and output may have together (<c>max_model_len</c>), or null if the server does not say.</summary>
    public int? ContextWindow { get; init; }
}

/// <summary>How a plain text is split into tokens.</summary>
public sealed record TokenizeOptions
{
    /// <summary>The model whose tokenizer to use.</summary>
    /// <value>Null (default): the adapter's own model, and without one the first that the server serves.</value>
    public string? Model { get; init; }

    /// <summary>Whether the tokenizer adds its special tokens, such as the one that begins a text.</summary>
    /// <value>Null (default): it does.</value>
    public bool? AddSpecialTokens { get; init; }

    /// <summary>Whether to return the texts of the tokens too.</summary>
    /// <value>False by default.</value>
    public bool WithTexts { get; init; }
}

namespace VllmAdapter.Server;

/// <summary>A model, or a LoRA adapter, that the server serves.</summary>
public sealed record ModelCard
{
    /// <summary>The name to ask for.</summary>
    public required string Id { get; init; }

    /// <summary>Where the weights came from, such as a path or a hub name; null where the server does not say.</summary>
    public string? Root { get; init; }

    /// <summary>For a LoRA adapter: its base model; null for a model.</summary>
    public string? Parent { get; init; }

    /// <summary>Tokens that prompt and output may have together (<c>max_model_len</c>).</summary>
    /// <value>For a LoRA adapter that of its model. Null if the server does not say, as behind some gateways.</value>
    public int? ContextWindow { get; init; }

    /// <summary>Who serves it, in the server's word: <c>vllm</c>, or the name that a gateway gives itself.</summary>
    public string? OwnedBy { get; init; }

    /// <summary>Whether it is a LoRA adapter.</summary>
    public bool IsLora => Parent is not null;
}

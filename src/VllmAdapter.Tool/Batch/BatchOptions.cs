namespace VllmAdapter.Tool.Batch;

/// <summary>How a batch is run.</summary>
internal sealed record BatchOptions
{
    public required string Input { get; init; }

    public required string Output { get; init; }

    public required Uri Server { get; init; }

    public string? ApiKey { get; init; }

    /// <summary>The model of requests that name none.</summary>
    public string? Model { get; init; }

    /// <summary>How many requests are asked at once.</summary>
    public int Parallel { get; init; } = 32;

    /// <summary>How many times an answer is asked again that broke off.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>How many times an answer is asked again, with twice the room, that max tokens cut.</summary>
    public int CutRetries { get; init; }

    /// <summary>The tokens that all answers may cost together; null for any number.</summary>
    public long? MaxTotalTokens { get; init; }
}

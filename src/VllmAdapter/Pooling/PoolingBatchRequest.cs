using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>A question about any number of inputs, which is sent in several requests where one would be too large.</summary>
public abstract record PoolingBatchRequest : PoolingRequest
{
    /// <summary>How many inputs go into one request at most, unless set otherwise.</summary>
    public const int DefaultMaxBatchSize = 128;

    /// <summary>How many requests are under way at once at most, unless set otherwise.</summary>
    public const int DefaultMaxParallelRequests = 4;

    private readonly EqualJson _templateArguments;

    private protected PoolingBatchRequest()
    {
    }

    /// <summary>What is asked about, at least one.</summary>
    public required IReadOnlyList<PoolingInput> Inputs { get; init => field = ValueList<PoolingInput>.Of(value); }

    /// <summary>Variables for the chat template (<c>chat_template_kwargs</c>), for inputs that are conversations.</summary>
    /// <value>Null (default): none.</value>
    public JsonObject? TemplateArguments { get => _templateArguments.Json; init => _templateArguments = new(value); }

    /// <summary>How many inputs go into one request at most. A request ends at about 512 KiB of text as well, because proxies refuse large bodies.</summary>
    /// <value>1 or more; <see cref="DefaultMaxBatchSize"/> by default. If the server refuses one input, those sent with it fail too.</value>
    public int MaxBatchSize { get; init; } = DefaultMaxBatchSize;

    /// <summary>How many requests are under way at once. Besides the results, their replies are held in memory.</summary>
    /// <value>1 or more; <see cref="DefaultMaxParallelRequests"/> by default.</value>
    public int MaxParallelRequests { get; init; } = DefaultMaxParallelRequests;

    private protected override string Summary => $"{Inputs.Count} inputs";
}

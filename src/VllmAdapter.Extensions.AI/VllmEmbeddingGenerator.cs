using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>An adapter as an <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/>.</summary>
internal sealed class VllmEmbeddingGenerator(VllmInferenceAdapter adapter, string? model, int? dimensions) : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly EmbeddingGeneratorMetadata _metadata = new("vllm", adapter.Endpoint, model ?? adapter.Model, dimensions);

    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        PoolingInput[] inputs = [.. values.Select(PoolingInput.FromText)];
        if (inputs.Length == 0)
            return [];

        EmbeddingRequest start = options?.RawRepresentationFactory?.Invoke(this) as EmbeddingRequest ?? new EmbeddingRequest { Inputs = [] };
        EmbeddingResult result = await adapter.EmbedAsync(
            start with
            {
                Inputs = inputs,
                Model = start.Model ?? options?.ModelId ?? model,
                Dimensions = start.Dimensions ?? options?.Dimensions ?? dimensions,
                Extra = ExtraOf(start, options),
            },
            cancellationToken).ConfigureAwait(false);
        return Generated(result);
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType == typeof(VllmInferenceAdapter) ? adapter
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    public void Dispose()
    {
        // The adapter belongs to whoever made it.
    }

    // What the request sets itself comes first.
    private static JsonObject? ExtraOf(EmbeddingRequest start, EmbeddingGenerationOptions? options)
    {
        JsonObject extra = JsonValues.ToObject(options?.AdditionalProperties);
        foreach ((string name, JsonNode? value) in start.Extra ?? [])
            extra[name] = value?.DeepClone();

        return extra.Count > 0 ? extra : null;
    }

    private GeneratedEmbeddings<Embedding<float>> Generated(EmbeddingResult result)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string? answered = result.Model ?? _metadata.DefaultModelId;
        return new GeneratedEmbeddings<Embedding<float>>(result.Vectors.Select(vector => new Embedding<float>(vector) { ModelId = answered, CreatedAt = now }))
        {
            Usage = result.Usage is { } usage
                ? new UsageDetails { InputTokenCount = usage.PromptTokens, TotalTokenCount = usage.TotalTokens }
                : null,
        };
    }
}

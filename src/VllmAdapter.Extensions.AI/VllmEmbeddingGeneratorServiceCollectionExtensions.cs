using Microsoft.Extensions.AI;
using VllmAdapter;
using VllmAdapter.Extensions.AI;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers embedding generators on top of registered adapters.</summary>
public static class VllmEmbeddingGeneratorServiceCollectionExtensions
{
    /// <summary>Registers the adapter as the <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> of texts, as a singleton.</summary>
    /// <param name="services">Services that hold a <see cref="VllmInferenceAdapter"/>.</param>
    /// <param name="model">The model of requests that name none; null: the adapter's.</param>
    /// <param name="dimensions">The length of the vectors, for models that can be shortened; null: the model's own.</param>
    public static IServiceCollection AddVllmEmbeddingGenerator(this IServiceCollection services, string? model = null, int? dimensions = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddSingleton(provider => provider.GetRequiredService<VllmInferenceAdapter>().AsIEmbeddingGenerator(model, dimensions));
    }

    /// <summary>Registers the adapter of this key as the embedding generator of the same key, as a singleton.</summary>
    /// <param name="services">Services that hold a <see cref="VllmInferenceAdapter"/> under the key.</param>
    /// <param name="serviceKey">The key, for example the name of the adapter.</param>
    /// <param name="model">The model of requests that name none; null: the adapter's.</param>
    /// <param name="dimensions">The length of the vectors, for models that can be shortened; null: the model's own.</param>
    public static IServiceCollection AddKeyedVllmEmbeddingGenerator(
        this IServiceCollection services, object? serviceKey, string? model = null, int? dimensions = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddKeyedSingleton(serviceKey, (provider, key) =>
            provider.GetRequiredKeyedService<VllmInferenceAdapter>(key).AsIEmbeddingGenerator(model, dimensions));
    }
}

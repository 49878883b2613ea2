using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>Makes embedding generators of adapters.</summary>
public static class VllmEmbeddingGeneratorExtensions
{
    /// <summary>Makes an embedding generator of the adapter.</summary>
    /// <param name="adapter">The adapter; the generator does not own it, and disposing the generator does nothing.</param>
    /// <param name="model">The model of requests that name none; null: the adapter's.</param>
    /// <param name="dimensions">The length of the vectors, for models that can be shortened (Matryoshka); null: the model's own.</param>
    /// <remarks>
    /// <para>
    /// The generator is thread-safe. Many texts go in several requests, some of them at once, and the tokens are summed (<see cref="EmbeddingRequest"/>). There
    /// are embeddings only for all of the texts, each of the same length and of finite numbers; else <see cref="VllmRequestException"/> is thrown.
    /// </para>
    /// <para>
    /// <see cref="EmbeddingGenerationOptions.RawRepresentationFactory"/> may give an <see cref="EmbeddingRequest"/> to start from, for batch sizes,
    /// truncation and headers; its inputs are replaced, and what it sets comes before the options. Additional properties of the options go into the body.
    /// </para>
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="dimensions"/> is below 1.</exception>
    public static IEmbeddingGenerator<string, Embedding<float>> AsIEmbeddingGenerator(
        this VllmInferenceAdapter adapter, string? model = null, int? dimensions = null)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        if (dimensions is { } length)
            ArgumentOutOfRangeException.ThrowIfLessThan(length, 1, nameof(dimensions));
        return new VllmEmbeddingGenerator(adapter, model, dimensions);
    }
}

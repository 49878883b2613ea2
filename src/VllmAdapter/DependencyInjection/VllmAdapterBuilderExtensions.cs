using Polly;
using VllmAdapter;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Sets registered adapters up further.</summary>
public static class VllmAdapterBuilderExtensions
{
    /// <summary>Gives the adapter a resilience pipeline of its own, around "send, and read the first event".</summary>
    /// <param name="builder">The adapter.</param>
    /// <param name="configure">Adds the strategies, the outermost first. Called once, when the adapter is made.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>
    /// It takes the place of what <see cref="VllmAdapterOptions.Resilience"/> describes, and of <see cref="VllmAdapterOptions.ResiliencePipeline"/>; only
    /// <see cref="ResilienceOptions.MaxConcurrentStreams"/> still holds. What it sees of a failed attempt is a
    /// <see cref="VllmRequestException"/>: handle those whose <see cref="VllmRequestException.IsRetryable"/> is true. Time comes from the
    /// <see cref="TimeProvider"/> of the services, if there is one.
    /// </remarks>
    /// <example>
    /// <code>
    /// services.AddVllmAdapter(o => o.Endpoint = new Uri("http://localhost:8000"))
    ///     .ConfigureResilience(pipeline => pipeline.AddRetry(new RetryStrategyOptions
    ///     {
    ///         MaxRetryAttempts = 5,
    ///         ShouldHandle = new PredicateBuilder().Handle&lt;VllmRequestException&gt;(failure => failure.IsRetryable),
    ///     }));
    /// </code>
    /// </example>
    public static IVllmAdapterBuilder ConfigureResilience(this IVllmAdapterBuilder builder, Action<ResiliencePipelineBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddKeyedSingleton(builder.Name, new ConfiguredPipeline(configure));
        return builder;
    }
}

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

    /// <summary>Changes the HTTP handler of the adapter's own making: certificates of the client (mutual TLS), a proxy, a name server.</summary>
    /// <param name="builder">The adapter.</param>
    /// <param name="configure">Called for each handler that is made, after the adapter has set it up; what it does not touch stays as it suits vLLM.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>
    /// The factory makes a new handler every two minutes. Nothing is called where the client was given a different kind of primary handler
    /// (<c>.HttpClient.ConfigurePrimaryHttpMessageHandler(...)</c>), which replaces this one with all its settings.
    /// </remarks>
    /// <example>
    /// <code>
    /// services.AddVllmAdapter(o => o.Endpoint = new Uri("https://vllm.example"))
    ///     .ConfigurePrimaryHandler(handler =>
    ///     {
    ///         handler.SslOptions.ClientCertificates = [certificate];
    ///         handler.Proxy = new WebProxy("http://proxy:3128");
    ///     });
    /// </code>
    /// </example>
    public static IVllmAdapterBuilder ConfigurePrimaryHandler(this IVllmAdapterBuilder builder, Action<SocketsHttpHandler> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return builder.ConfigurePrimaryHandler((handler, _) => configure(handler));
    }

    /// <summary>Changes the HTTP handler of the adapter's own making by what the services hold, such as a certificate.</summary>
    /// <inheritdoc cref="ConfigurePrimaryHandler(IVllmAdapterBuilder, Action{SocketsHttpHandler})"/>
    public static IVllmAdapterBuilder ConfigurePrimaryHandler(this IVllmAdapterBuilder builder, Action<SocketsHttpHandler, IServiceProvider> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddKeyedSingleton(builder.Name, new HandlerSetup(configure));
        return builder;
    }
}

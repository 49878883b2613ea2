using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Polly;
using VllmAdapter;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers adapters for vLLM servers.</summary>
public static class VllmAdapterServiceCollectionExtensions
{
    /// <summary>Registers <see cref="VllmInferenceAdapter"/> with options that are set elsewhere.</summary>
    /// <param name="services">Where to register it.</param>
    /// <inheritdoc cref="AddVllmAdapter(IServiceCollection, string, Action{VllmAdapterOptions})" path="/returns|/remarks"/>
    /// <example>
    /// <code>
    /// services.AddOptions&lt;VllmAdapterOptions&gt;().Configure&lt;Settings&gt;((o, settings) => o.Endpoint = settings.VllmServer);
    /// services.AddVllmAdapter();
    /// </code>
    /// </example>
    public static IVllmAdapterBuilder AddVllmAdapter(this IServiceCollection services) =>
        services.AddVllmAdapter(Options.Options.DefaultName);

    /// <summary>Registers <see cref="VllmInferenceAdapter"/>.</summary>
    /// <param name="services">Where to register it.</param>
    /// <param name="configure">Sets the options; at least the endpoint.</param>
    /// <inheritdoc cref="AddVllmAdapter(IServiceCollection, string, Action{VllmAdapterOptions})" path="/returns|/remarks"/>
    /// <example>
    /// <code>
    /// services.AddVllmAdapter(o => o.Endpoint = new Uri("http://localhost:8000"));
    /// </code>
    /// </example>
    public static IVllmAdapterBuilder AddVllmAdapter(this IServiceCollection services, Action<VllmAdapterOptions> configure) =>
        services.AddVllmAdapter(Options.Options.DefaultName, configure);

    /// <summary>Registers <see cref="VllmInferenceAdapter"/> with options from configuration.</summary>
    /// <param name="services">Where to register it.</param>
    /// <param name="configuration">A section with the names of <see cref="VllmAdapterOptions"/>; at least the endpoint.</param>
    /// <inheritdoc cref="AddVllmAdapter(IServiceCollection, string, Action{VllmAdapterOptions})" path="/returns|/remarks"/>
    /// <example>
    /// <code>
    /// // "Vllm": { "Endpoint": "http://localhost:8000", "Model": "granite", "TimeLimits": { "FirstChunk": "00:01:00" } }
    /// services.AddVllmAdapter(builder.Configuration.GetSection("Vllm"));
    /// </code>
    /// </example>
    public static IVllmAdapterBuilder AddVllmAdapter(this IServiceCollection services, IConfiguration configuration) =>
        services.AddVllmAdapter(Options.Options.DefaultName, configuration);

    /// <summary>Registers one adapter of several, with named options that are set elsewhere.</summary>
    /// <param name="services">Where to register it.</param>
    /// <param name="name">The key of the service and the name of its options.</param>
    /// <inheritdoc cref="AddVllmAdapter(IServiceCollection, string, Action{VllmAdapterOptions})" path="/returns|/remarks"/>
    public static IVllmAdapterBuilder AddVllmAdapter(this IServiceCollection services, string name)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        string clientName = name.Length == 0 ? "VllmAdapter" : $"VllmAdapter.{name}";
        IHttpClientBuilder client = services.AddHttpClient(clientName);
        if (!services.Any(service => service.ServiceType == typeof(VllmInferenceAdapter) && Equals(service.ServiceKey, KeyOf(name))))
        {
            services.AddOptions<VllmAdapterOptions>(name).ValidateOnStart();
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<VllmAdapterOptions>, VllmAdapterOptionsValidator>());
            services.AddKeyedSingleton(name, (provider, _) => NewOptions(provider, name));
            services.Add(ServiceDescriptor.KeyedSingleton(KeyOf(name), (provider, _) => NewAdapter(provider, name, clientName)));
            services.TryAdd(ServiceDescriptor.KeyedSingleton<IVllmChat>(KeyOf(name), (provider, _) => Adapter(provider, name)));
            Configure(client, name);
        }

        return new VllmAdapterBuilder(services, name, client);
    }

    /// <summary>Registers one adapter of several, to be resolved by <c>[FromKeyedServices(name)]</c>.</summary>
    /// <param name="services">Where to register it.</param>
    /// <param name="name">The key of the service and the name of its options.</param>
    /// <param name="configure">Sets the options; at least the endpoint.</param>
    /// <returns>The adapter's name and its HTTP client, to be set up further.</returns>
    /// <remarks>
    /// The adapter is a singleton: it is thread-safe and takes its HTTP client from the factory for every request, so that handlers are
    /// renewed. Options that cannot be used stop the host when it starts. Retries and time limits that a host sets for all its clients
    /// (<c>ConfigureHttpClientDefaults(client => client.AddStandardResilienceHandler())</c>) do not apply to it, and the factory's own log entries
    /// are left out (<c>.HttpClient.AddDefaultLogger()</c> brings them back); all other defaults do. <see cref="ILogger"/> and <see cref="TimeProvider"/> come
    /// from the services, if they are there. It is registered as <see cref="IVllmChat"/> too, under the same key, unless that is taken: register a
    /// decorator after it to put that in its place. Calling this again for the same name adds to the options and registers nothing twice.
    /// </remarks>
    /// <example>
    /// <code>
    /// services.AddVllmAdapter("batch", o => { o.Endpoint = new Uri("http://batch:8000"); o.TimeLimits.FirstChunk = TimeSpan.FromHours(1); });
    /// </code>
    /// </example>
    public static IVllmAdapterBuilder AddVllmAdapter(this IServiceCollection services, string name, Action<VllmAdapterOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        IVllmAdapterBuilder builder = services.AddVllmAdapter(name);
        services.Configure(name, configure);
        return builder;
    }

    /// <summary>Registers one adapter of several, with options from configuration, to be resolved by <c>[FromKeyedServices(name)]</c>.</summary>
    /// <param name="services">Where to register it.</param>
    /// <param name="name">The key of the service and the name of its options.</param>
    /// <param name="configuration">A section with the names of <see cref="VllmAdapterOptions"/>; at least the endpoint.</param>
    /// <inheritdoc cref="AddVllmAdapter(IServiceCollection, string, Action{VllmAdapterOptions})" path="/returns|/remarks"/>
    public static IVllmAdapterBuilder AddVllmAdapter(this IServiceCollection services, string name, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        IVllmAdapterBuilder builder = services.AddVllmAdapter(name);
        services.AddSingleton<IOptionsChangeTokenSource<VllmAdapterOptions>>(new ConfigurationChangeTokenSource<VllmAdapterOptions>(name, configuration));
        services.AddSingleton<IConfigureOptions<VllmAdapterOptions>>(new SettingsFromConfiguration(name, configuration));
        return builder;
    }

    // The adapter without a name is an ordinary service, not a keyed one.
    private static string? KeyOf(string name) => name.Length == 0 ? null : name;

    private static VllmInferenceAdapter Adapter(IServiceProvider provider, string name) => name.Length == 0
        ? provider.GetRequiredService<VllmInferenceAdapter>()
        : provider.GetRequiredKeyedService<VllmInferenceAdapter>(name);

    private static VllmInferenceAdapter NewAdapter(IServiceProvider provider, string name, string clientName)
    {
        var current = provider.GetRequiredKeyedService<CurrentOptions>(name);
        var clients = provider.GetRequiredService<IHttpClientFactory>();
        var clock = provider.GetService<TimeProvider>();
        ResiliencePipeline? pipeline = provider.GetKeyedServices<ConfiguredPipeline>(name).LastOrDefault()?.Build(clock);
        VllmAdapterOptions options = current.Value;
        var adapter = new VllmInferenceAdapter(
            options.Endpoint!, WithPipeline(options), () => clients.CreateClient(clientName), clock, provider.GetService<ILogger<VllmInferenceAdapter>>());
        current.Follow(options, reloaded => adapter.Use(WithPipeline(reloaded)));
        return adapter;

        VllmAdapterOptions WithPipeline(VllmAdapterOptions plain)
        {
            VllmAdapterOptions complete = plain.Copy();
            complete.ResiliencePipeline = pipeline ?? complete.ResiliencePipeline;
            return complete;
        }
    }

    private static CurrentOptions NewOptions(IServiceProvider provider, string name) => new(
        name,
        provider.GetRequiredService<IOptionsFactory<VllmAdapterOptions>>(),
        provider.GetServices<IOptionsChangeTokenSource<VllmAdapterOptions>>(),
        provider.GetService<ILogger<VllmInferenceAdapter>>() ?? NullLogger<VllmInferenceAdapter>.Instance);

    private static SocketsHttpHandler NewHandler(IServiceProvider provider, string name)
    {
        VllmAdapterOptions options = provider.GetRequiredKeyedService<CurrentOptions>(name).Value;
        SocketsHttpHandler handler = VllmHttpHandler.New(options.TimeLimits, options.ConfigurePrimaryHandler);
        foreach (HandlerSetup setup in provider.GetKeyedServices<HandlerSetup>(name))
            setup.Apply(handler, provider);

        return handler;
    }

    private static void Configure(IHttpClientBuilder client, string name)
    {
        client.ConfigureHttpClient(static http => http.Timeout = Timeout.InfiniteTimeSpan);
        client.ConfigurePrimaryHttpMessageHandler(provider => NewHandler(provider, name));
        ForeignRetries.TakeOff(client);

        // They write four entries for each request, and a stack trace for each attempt; the adapter's own say the same in one line.
        client.RemoveAllLoggers();

        // Who adds them again has headers logged at Trace. All are redacted by default, but a rule of the user's must not bring the key to light.
        client.Services.PostConfigure<HttpClientFactoryOptions>(client.Name, static options =>
        {
            Func<string, bool> given = options.ShouldRedactHeaderValue;
            options.ShouldRedactHeaderValue = header => header.Equals("Authorization", StringComparison.OrdinalIgnoreCase) || given(header);
        });
    }
}

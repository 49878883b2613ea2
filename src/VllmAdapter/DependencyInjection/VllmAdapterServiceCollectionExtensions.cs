using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
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
            services.AddKeyedSingleton(name, (provider, _) => new SettledOptions(provider.GetRequiredService<IOptionsMonitor<VllmAdapterOptions>>().Get(name)));
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
    /// renewed. Options that cannot be used stop the host when it starts. <see cref="ILogger"/> and <see cref="TimeProvider"/> come
    /// from the services, if they are there. It is registered as <see cref="IVllmChat"/> too, under the same key, unless that is taken: register a
    /// decorator after it to put that in its place. Calling this again for the same name adds to the options and registers nothing anew.
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
        services.AddOptions<VllmAdapterOptions>(name).Bind(configuration);
        return builder;
    }

    // The adapter without a name is an ordinary service, not a keyed one.
    private static string? KeyOf(string name) => name.Length == 0 ? null : name;

    private static VllmInferenceAdapter Adapter(IServiceProvider provider, string name) => name.Length == 0
        ? provider.GetRequiredService<VllmInferenceAdapter>()
        : provider.GetRequiredKeyedService<VllmInferenceAdapter>(name);

    private static VllmInferenceAdapter NewAdapter(IServiceProvider provider, string name, string clientName)
    {
        VllmAdapterOptions options = provider.GetRequiredKeyedService<SettledOptions>(name).With(provider, name);
        var clients = provider.GetRequiredService<IHttpClientFactory>();
        return new VllmInferenceAdapter(
            options.Endpoint!,
            options,
            () => clients.CreateClient(clientName),
            provider.GetService<TimeProvider>(),
            provider.GetService<ILogger<VllmInferenceAdapter>>());
    }

    private static void Configure(IHttpClientBuilder client, string name)
    {
        client.ConfigureHttpClient(static http => http.Timeout = Timeout.InfiniteTimeSpan);
        client.ConfigurePrimaryHttpMessageHandler(provider =>
            VllmHttpHandler.New(provider.GetRequiredKeyedService<SettledOptions>(name).TimeLimits));

        // The factory logs headers at Trace. All are redacted by default, but a rule of the user's must not bring the key to light.
        client.Services.PostConfigure<HttpClientFactoryOptions>(client.Name, static options =>
        {
            Func<string, bool> given = options.ShouldRedactHeaderValue;
            options.ShouldRedactHeaderValue = header => header.Equals("Authorization", StringComparison.OrdinalIgnoreCase) || given(header);
        });
    }
}

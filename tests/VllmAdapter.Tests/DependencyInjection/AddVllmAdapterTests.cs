using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Telemetry;

namespace VllmAdapter.Tests.DependencyInjection;

public sealed class AddVllmAdapterTests : IDisposable
{
    private readonly FakeVllm _vllm = FakeVllm.InMemory(Script.Model.Says("Hel", "lo"));
    private readonly ServiceCollection _services = new();

    public void Dispose() => _vllm.Dispose();

    [Fact]
    public async Task The_adapter_is_a_singleton_that_answers()
    {
        AddAdapter();
        await using ServiceProvider provider = Build();

        var adapter = provider.GetRequiredService<VllmInferenceAdapter>();

        (await SayAsync(adapter)).Should().Be("Hello");
        provider.GetRequiredService<VllmInferenceAdapter>().Should().BeSameAs(adapter);
    }

    [Fact]
    public async Task Named_adapters_are_keyed_services_with_options_and_clients_of_their_own()
    {
        AddAdapter("chat", o => o.Model = "granite");
        AddAdapter("batch", o => (o.Model, o.ApiKey) = ("llama", "batch-key"));
        await using ServiceProvider provider = Build();

        await SayAsync(provider.GetRequiredKeyedService<VllmInferenceAdapter>("chat"));
        await SayAsync(provider.GetRequiredKeyedService<VllmInferenceAdapter>("batch"));

        _vllm.Requests.Select(request => (string?)request.Json!["model"]).Should().Equal("granite", "llama");
        _vllm.Requests.Select(request => request.Headers.GetValueOrDefault("Authorization")).Should().Equal(null, "Bearer batch-key");
        provider.GetService<VllmInferenceAdapter>().Should().BeNull("only named ones are registered");
    }

    [Fact]
    public void The_builder_names_the_adapter_and_its_client()
    {
        IVllmAdapterBuilder unnamed = _services.AddVllmAdapter();
        IVllmAdapterBuilder named = _services.AddVllmAdapter("batch");

        (unnamed.Name, unnamed.HttpClient.Name).Should().Be(("", "VllmAdapter"));
        (named.Name, named.HttpClient.Name).Should().Be(("batch", "VllmAdapter.batch"));
        ReferenceEquals(named.Services, _services).Should().BeTrue();
    }

    [Fact]
    public async Task Adding_the_same_name_again_adds_to_its_options_and_keeps_its_handler()
    {
        AddAdapter("batch", o => (o.Model, o.ContextWindow) = ("granite", 4096));
        _services.AddVllmAdapter("batch", o => o.Model = "llama");
        await using ServiceProvider provider = Build();

        await SayAsync(provider.GetRequiredKeyedService<VllmInferenceAdapter>("batch"));

        _services.Where(service => service.ServiceType == typeof(VllmInferenceAdapter)).Should().ContainSingle();
        provider.GetRequiredService<IOptionsMonitor<VllmAdapterOptions>>().Get("batch").ContextWindow.Should().Be(4096);
        _vllm.Requests.Should().ContainSingle().Which.Json!["model"]!.GetValue<string>().Should().Be("llama");
    }

    [Fact]
    public async Task Options_may_come_from_the_configuration()
    {
        _services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Vllm:Endpoint"] = "http://vllm.test/v1",
            ["Vllm:Model"] = "granite",
            ["Vllm:UsageReporting"] = "Final",
            ["Vllm:TimeLimits:FirstChunk"] = "00:00:07",
        }).Build());
        _services.AddOptions<VllmAdapterOptions>().BindConfiguration("Vllm");
        _services.AddVllmAdapter().HttpClient.ConfigurePrimaryHttpMessageHandler(_vllm.CreateHandler);
        await using ServiceProvider provider = Build();

        await SayAsync(provider.GetRequiredService<VllmInferenceAdapter>());

        VllmAdapterOptions options = provider.GetRequiredService<IOptions<VllmAdapterOptions>>().Value;
        (options.UsageReporting, options.TimeLimits.FirstChunk).Should().Be((UsageReporting.Final, TimeSpan.FromSeconds(7)));
        _vllm.Requests.Should().ContainSingle().Which.Path.Should().Be("/v1/chat/completions");
    }

    [Fact]
    public void A_section_of_the_configuration_sets_every_option_that_text_can_say()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Vllm:Chat:Endpoint"] = "http://chat.test/v1",
            ["Vllm:Chat:Model"] = "granite",
            ["Vllm:Chat:ApiKey"] = "key",
            ["Vllm:Chat:ContextWindow"] = "4096",
            ["Vllm:Chat:OnIncompleteStream"] = "Report",
            ["Vllm:Chat:UsageReporting"] = "Final",
            ["Vllm:Chat:MaxEventBytes"] = "2048",
            ["Vllm:Chat:MaxReplyBytes"] = "1048576",
            ["Vllm:Chat:ExpectsSentinel"] = "false",
            ["Vllm:Chat:LearnContextWindow"] = "false",
            ["Vllm:Chat:TimeLimits:Total"] = "00:10:00",
            ["Vllm:Chat:Resilience:MaxAttempts"] = "5",
            ["Vllm:Chat:Resilience:MaxConcurrentStreams"] = "8",
            ["Vllm:Chat:Resilience:CircuitBreaker:FailureRatio"] = "0.25",
            ["Vllm:Batch:Endpoint"] = "http://batch.test",
        }).Build();
        _services.AddVllmAdapter(configuration.GetSection("Vllm:Chat"));
        _services.AddVllmAdapter("batch", configuration.GetSection("Vllm:Batch"));
        using ServiceProvider provider = Build();

        provider.GetRequiredService<IOptions<VllmAdapterOptions>>().Value.Should().BeEquivalentTo(new VllmAdapterOptions
        {
            Endpoint = new Uri("http://chat.test/v1"),
            Model = "granite",
            ApiKey = "key",
            ContextWindow = 4096,
            OnIncompleteStream = IncompleteStreamBehavior.Report,
            UsageReporting = UsageReporting.Final,
            MaxEventBytes = 2048,
            MaxReplyBytes = 1_048_576,
            ExpectsSentinel = false,
            LearnContextWindow = false,
            TimeLimits = { Total = TimeSpan.FromMinutes(10) },
            Resilience = { MaxAttempts = 5, MaxConcurrentStreams = 8, CircuitBreaker = new CircuitBreakerOptions { FailureRatio = 0.25 } },
        });
        provider.GetRequiredService<VllmInferenceAdapter>().Endpoint.Should().Be("http://chat.test/");
        provider.GetRequiredKeyedService<VllmInferenceAdapter>("batch").Endpoint.Should().Be("http://batch.test/");
    }

    [Fact]
    public async Task Every_request_takes_a_client_from_the_factory_so_that_handlers_are_renewed()
    {
        AddAdapter("batch");
        var factory = new CountingFactory(_vllm);
        _services.AddSingleton<IHttpClientFactory>(factory);
        await using ServiceProvider provider = Build();
        var adapter = provider.GetRequiredKeyedService<VllmInferenceAdapter>("batch");

        await SayAsync(adapter);
        await SayAsync(adapter);

        factory.Asked.Should().Equal("VllmAdapter.batch", "VllmAdapter.batch");
    }

    [Fact]
    public async Task Message_handlers_of_the_users_see_the_request()
    {
        AddAdapter().HttpClient.AddHttpMessageHandler(() => new TenantHandler());
        await using ServiceProvider provider = Build();

        await SayAsync(provider.GetRequiredService<VllmInferenceAdapter>());

        _vllm.Requests.Should().ContainSingle().Which.Headers["X-Tenant"].Should().Be("blue");
    }

    [Fact]
    public async Task Defaults_for_all_clients_neither_cut_streams_nor_replace_the_handler()
    {
        _services.ConfigureHttpClientDefaults(client => client
            .ConfigureHttpClient(http => http.Timeout = TimeSpan.FromSeconds(100))
            .ConfigurePrimaryHttpMessageHandler(() => new HttpClientHandler()));
        string name = _services
            .AddVllmAdapter(o => (o.Endpoint, o.TimeLimits.Connect) = (_vllm.Endpoint, TimeSpan.FromSeconds(3)))
            .HttpClient.Name;
        await using ServiceProvider provider = Build();

        using HttpClient client = provider.GetRequiredService<IHttpClientFactory>().CreateClient(name);
        HttpMessageHandler handler = provider.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(name);
        while (handler is DelegatingHandler outer)
            handler = outer.InnerHandler!;

        client.Timeout.Should().Be(Timeout.InfiniteTimeSpan);
        handler.Should().BeOfType<SocketsHttpHandler>().Which.ConnectTimeout.Should().Be(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_mistake_in_a_reloaded_configuration_does_not_reach_a_running_adapter()
    {
        TimeSpan connect = TimeSpan.FromSeconds(3);
        string name = _services.AddVllmAdapter(o => (o.Endpoint, o.TimeLimits.Connect) = (_vllm.Endpoint, connect)).HttpClient.Name;
        await using ServiceProvider provider = Build();
        var adapter = provider.GetRequiredService<VllmInferenceAdapter>();

        connect = TimeSpan.FromSeconds(-7);
        provider.GetRequiredService<IOptionsMonitorCache<VllmAdapterOptions>>().Clear();

        adapter.Endpoint.Should().Be(_vllm.Endpoint);
        RenewedHandler(provider, name).Should().BeOfType<SocketsHttpHandler>().Which.ConnectTimeout.Should().Be(TimeSpan.FromSeconds(3));
    }

    // What the factory does when a handler has served its time.
    private static HttpMessageHandler RenewedHandler(IServiceProvider provider, string name)
    {
        var builder = provider.GetRequiredService<HttpMessageHandlerBuilder>();
        builder.Name = name;
        foreach (Action<HttpMessageHandlerBuilder> action in provider.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>().Get(name).HttpMessageHandlerBuilderActions)
            action(builder);

        return builder.PrimaryHandler;
    }

    [Fact]
    public async Task The_clock_of_the_services_is_the_adapters()
    {
        var clock = new ManualTimeProvider();
        using FakeVllm silent = FakeVllm.InMemory(new FakeVllmOptions { TimeProvider = clock }, Script.Says("Hel").GoesSilent());
        _services.AddSingleton<TimeProvider>(clock);
        _services.AddVllmAdapter(o =>
            {
                (o.Endpoint, o.OnIncompleteStream) = (silent.Endpoint, IncompleteStreamBehavior.Report);
                o.TimeLimits.BetweenChunks = TimeSpan.FromSeconds(10);
            })
            .HttpClient.ConfigurePrimaryHttpMessageHandler(silent.CreateHandler);
        await using ServiceProvider provider = Build();

        Task<ChatAnswer> answer = provider.GetRequiredService<VllmInferenceAdapter>().CompleteChatAsync(ChatRequest.FromPrompt("Hello."));
        while (!answer.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        (await answer).Outcome.TerminatedBy.Should().Be(TerminationCause.IdleTimeout);
        (await answer).Outcome.Evidence.SilentFor.Should().Be(TimeSpan.FromSeconds(10), "no clock but the manual one is that exact");
    }

    [Fact]
    public async Task Scoped_consumers_use_one_adapter_in_parallel()
    {
        using FakeVllm echo = FakeVllm.InMemory(
            new FakeVllmOptions(), request => Script.Model.Says((string)request.Json!["messages"]![0]!["content"]!));
        _services.AddVllmAdapter(o => o.Endpoint = echo.Endpoint).HttpClient.ConfigurePrimaryHttpMessageHandler(echo.CreateHandler);
        _services.AddScoped<Consumer>();
        await using ServiceProvider provider = Build();

        await Parallel.ForAsync(0, 100, async (i, _) =>
        {
            await using AsyncServiceScope scope = provider.CreateAsyncScope();
            ChatAnswer answer = await scope.ServiceProvider.GetRequiredService<Consumer>().Adapter
                .CompleteChatAsync(ChatRequest.FromPrompt($"Number {i}."), CancellationToken.None);
            answer.Text.Should().Be($"Number {i}.");
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_key_is_in_no_log_not_even_in_the_headers_that_the_factory_logs(bool userShowsHeaders)
    {
        using var logs = new CapturedLogs();
        _services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(logs));
        IVllmAdapterBuilder builder = AddAdapter("", o => o.ApiKey = "sk-secret");
        builder.HttpClient.AddDefaultLogger();
        if (userShowsHeaders)
            builder.HttpClient.RedactLoggedHeaders(static _ => false);

        await using ServiceProvider provider = Build();
        await SayAsync(provider.GetRequiredService<VllmInferenceAdapter>());

        _vllm.Requests.Should().ContainSingle().Which.Headers["Authorization"].Should().Be("Bearer sk-secret");
        logs.Everything.Should().Contain("Authorization: *", "the factory logs the headers at Trace");
        logs.Everything.Contains("Accept: text/event-stream", StringComparison.Ordinal).Should().Be(userShowsHeaders);
        logs.Everything.Should().NotContain("sk-secret");
    }

    [Fact]
    public void Arguments_are_checked()
    {
        FluentActions.Invoking(() => ((IServiceCollection)null!).AddVllmAdapter()).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => _services.AddVllmAdapter((string)null!)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => _services.AddVllmAdapter((Action<VllmAdapterOptions>)null!)).Should().Throw<ArgumentNullException>();
        _services.Should().BeEmpty();
    }

    private IVllmAdapterBuilder AddAdapter(string name = "", Action<VllmAdapterOptions>? configure = null)
    {
        IVllmAdapterBuilder builder = _services.AddVllmAdapter(name, o => o.Endpoint = _vllm.Endpoint);
        if (configure is not null)
            _services.Configure(name, configure);

        builder.HttpClient.ConfigurePrimaryHttpMessageHandler(_vllm.CreateHandler);
        return builder;
    }

    private ServiceProvider Build() =>
        _services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });

    private static async Task<string> SayAsync(VllmInferenceAdapter adapter) =>
        (await adapter.CompleteChatAsync(ChatRequest.FromPrompt("Hello."))).Text;

    private sealed class Consumer(VllmInferenceAdapter adapter)
    {
        public VllmInferenceAdapter Adapter { get; } = adapter;
    }

    private sealed class TenantHandler : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add("X-Tenant", "blue");
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class CountingFactory(FakeVllm vllm) : IHttpClientFactory
    {
        public List<string> Asked { get; } = [];

        public HttpClient CreateClient(string name)
        {
            Asked.Add(name);
            return vllm.CreateHttpClient();
        }
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using VllmAdapter.Testing;

namespace VllmAdapter.HostTests;

/// <summary>What Aspire's service defaults set for all HTTP clients of a host, and what of it applies to an adapter's.</summary>
public sealed class ClientDefaultsTests
{
    private readonly ServiceCollection _services = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_is_sent_as_often_as_the_adapters_options_say(bool defaultsComeFirst)
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Refuses(503, "Starting."));
        if (defaultsComeFirst)
            AddDefaults();

        AddAdapter(vllm, o => o.Resilience = new ResilienceOptions { MaxAttempts = 2, BaseDelay = TimeSpan.Zero });
        if (!defaultsComeFirst)
            AddDefaults();

        VllmRequestException refused = (await FluentActions.Awaiting(AskAsync).Should().ThrowAsync<VllmRequestException>()).Which;

        refused.Attempts.Should().Be(2);
        vllm.Requests.Should().HaveCount(2);
        vllm.Requests.Select(request => request.Headers["X-Request-Id"]).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task An_answer_is_waited_for_as_long_as_the_adapters_options_say()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Model.Says("Hello").HeadersAfter(TimeSpan.FromMilliseconds(300)));
        AddDefaults(o =>
        {
            o.AttemptTimeout.Timeout = TimeSpan.FromMilliseconds(20);
            o.TotalRequestTimeout.Timeout = TimeSpan.FromMilliseconds(50);
        });
        AddAdapter(vllm);

        (await AskAsync()).Text.Should().Be("Hello");

        vllm.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task Hedging_of_all_clients_asks_for_no_answer_twice()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Model.Says("Hello").HeadersAfter(TimeSpan.FromMilliseconds(300)));
        _services.ConfigureHttpClientDefaults(client => client.AddStandardHedgingHandler().Configure(o => o.Hedging.Delay = TimeSpan.FromMilliseconds(20)));
        AddAdapter(vllm);

        (await AskAsync()).Text.Should().Be("Hello");

        vllm.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task Other_handlers_of_all_clients_stay()
    {
        using FakeVllm vllm = FakeVllm.InMemory();
        AddDefaults();
        _services.ConfigureHttpClientDefaults(client => client.AddHttpMessageHandler(() => new TenantHandler()));
        AddAdapter(vllm);

        await AskAsync();

        vllm.Requests.Should().ContainSingle().Which.Headers["X-Tenant"].Should().Be("blue");
    }

    [Fact]
    public async Task Who_asks_for_a_resilience_handler_of_this_client_gets_it()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Refuses(503, "Starting."));
        AddAdapter(vllm, o => o.Resilience.MaxAttempts = 1).HttpClient
            .AddStandardResilienceHandler(o => (o.Retry.MaxRetryAttempts, o.Retry.Delay) = (1, TimeSpan.Zero));

        await FluentActions.Awaiting(AskAsync).Should().ThrowAsync<VllmRequestException>();

        vllm.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task Its_time_limit_is_named_for_what_it_is()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Model.Says("Hello").HeadersAfter(TimeSpan.FromMinutes(1)));
        AddAdapter(vllm, o => o.Resilience.MaxAttempts = 1).HttpClient.AddStandardResilienceHandler(o =>
        {
            o.Retry.ShouldHandle = _ => ValueTask.FromResult(false);
            o.AttemptTimeout.Timeout = TimeSpan.FromMilliseconds(100);
        });

        VllmRequestException failure = (await FluentActions.Awaiting(AskAsync).Should().ThrowAsync<VllmRequestException>()).Which;

        (failure.Failure, failure.Message).Should().Be((
            RequestFailure.Timeout,
            "A resilience handler or pipeline gave up after 0.1 s at http://vllm.test/v1/chat/completions. "
            + "Raise its time limit, or remove it: TimeLimits has all that an adapter needs."));
    }

    private void AddDefaults(Action<HttpStandardResilienceOptions>? configure = null) =>
        _services.ConfigureHttpClientDefaults(client => client.AddStandardResilienceHandler(o =>
        {
            o.Retry.Delay = TimeSpan.Zero;
            configure?.Invoke(o);
        }));

    private IVllmAdapterBuilder AddAdapter(FakeVllm vllm, Action<VllmAdapterOptions>? configure = null)
    {
        IVllmAdapterBuilder builder = _services.AddVllmAdapter(o =>
        {
            o.Endpoint = vllm.Endpoint;
            configure?.Invoke(o);
        });
        builder.HttpClient.ConfigurePrimaryHttpMessageHandler(vllm.CreateHandler);
        return builder;
    }

    private async Task<ChatAnswer> AskAsync()
    {
        await using ServiceProvider provider = _services.BuildServiceProvider();
        return await provider.GetRequiredService<VllmInferenceAdapter>().CompleteChatAsync("Hello.");
    }

    private sealed class TenantHandler : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add("X-Tenant", "blue");
            return base.SendAsync(request, cancellationToken);
        }
    }
}

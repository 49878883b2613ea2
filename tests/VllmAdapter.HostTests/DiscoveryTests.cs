using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using VllmAdapter.Testing;

namespace VllmAdapter.HostTests;

/// <summary>Several replicas behind one name, found by Microsoft.Extensions.ServiceDiscovery.</summary>
public sealed class DiscoveryTests
{
    [Fact]
    public async Task A_request_that_one_server_refuses_reaches_the_other_one()
    {
        await using FakeVllm starting = await FakeVllm.StartAsync(Script.Refuses(503, "Starting."));
        await using FakeVllm ready = await FakeVllm.StartAsync(Script.Model.Says("Hello"));
        await using ServiceProvider services = Host(o => o.Endpoint = new Uri("https+http://vllm"), starting.Endpoint, ready.Endpoint);
        var adapter = services.GetRequiredService<VllmInferenceAdapter>();

        ChatAnswer first = await adapter.CompleteChatAsync("Hello.");
        ChatAnswer second = await adapter.CompleteChatAsync("Hello.");

        (first.Text, second.Text).Should().Be(("Hello", "Hello"));
        starting.Requests.Should().NotBeEmpty("the servers take turns");
        ready.Requests.Where(request => request.Path == "/v1/chat/completions").Should().HaveCount(2);
    }

    [Fact]
    public async Task A_request_that_nobody_takes_at_one_address_reaches_the_other_one()
    {
        await using FakeVllm ready = await FakeVllm.StartAsync(Script.Model.Says("Hello"));
        await using ServiceProvider services = Host(o => o.Endpoint = new Uri("https+http://vllm"), NobodyListens(), ready.Endpoint);
        var adapter = services.GetRequiredService<VllmInferenceAdapter>();

        for (int i = 0; i < 4; i++)
            (await adapter.CompleteChatAsync("Hello.")).Text.Should().Be("Hello");
    }

    [Fact]
    public async Task A_request_that_breaks_before_its_first_event_reaches_the_other_one()
    {
        await using FakeVllm dying = await FakeVllm.StartAsync(Script.Empty.Resets());
        await using FakeVllm ready = await FakeVllm.StartAsync(Script.Model.Says("Hello"));
        await using ServiceProvider services = Host(o => o.Endpoint = new Uri("http://vllm"), dying.Endpoint, ready.Endpoint);
        var adapter = services.GetRequiredService<VllmInferenceAdapter>();

        for (int i = 0; i < 2; i++)
            (await adapter.CompleteChatAsync("Hello.")).Text.Should().Be("Hello");

        dying.Requests.Should().NotBeEmpty();
    }

    [Fact]
    public async Task An_answer_that_has_begun_is_asked_for_nowhere_else()
    {
        await using FakeVllm one = await FakeVllm.StartAsync(Script.Says("Hel").Resets());
        await using FakeVllm other = await FakeVllm.StartAsync(Script.Says("Hel").Resets());
        await using ServiceProvider services = Host(o => o.Endpoint = new Uri("https+http://vllm"), one.Endpoint, other.Endpoint);

        await services.GetRequiredService<VllmInferenceAdapter>().Awaiting(adapter => adapter.CompleteChatAsync("Hello."))
            .Should().ThrowAsync<IncompleteStreamException>();

        (one.Requests.Count + other.Requests.Count).Should().Be(1);
    }

    [Fact]
    public async Task The_conversation_goes_along_for_routers_that_keep_it_on_one_engine()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync();
        await using ServiceProvider services = Host(o => o.Endpoint = new Uri("https+http://vllm"), vllm.Endpoint);

        await services.GetRequiredService<VllmInferenceAdapter>()
            .CompleteChatAsync(ChatRequest.FromPrompt("Hello.") with { Headers = new RequestHeaders { Session = "talk-7" } });

        vllm.Requests.Should().ContainSingle().Which.Headers["X-Session-ID"].Should().Be("talk-7");
    }

    [Fact]
    public async Task Without_service_discovery_a_sentence_says_that_it_is_missing()
    {
        var services = new ServiceCollection();
        services.AddVllmAdapter(o => (o.Endpoint, o.Resilience.BaseDelay) = (new Uri("https+http://vllm"), TimeSpan.Zero));
        await using ServiceProvider provider = services.BuildServiceProvider();

        VllmRequestException failure = (await provider.GetRequiredService<VllmInferenceAdapter>()
            .Awaiting(adapter => adapter.CompleteChatAsync("Hello.")).Should().ThrowAsync<VllmRequestException>()).Which;

        failure.Message.Should().Be(
            "No service discovery resolved https+http://vllm/v1/chat/completions. Add service discovery to the adapter's client "
            + "(.HttpClient.AddServiceDiscovery(), or for all clients), or set the endpoint to an http or https address.");
    }

    [Fact]
    public void An_adapter_with_a_client_of_its_own_refuses_an_address_that_it_cannot_find() =>
        FluentActions.Invoking(() => new VllmInferenceAdapter("https+http://vllm")).Should().Throw<ArgumentException>()
            .WithMessage("Only service discovery finds https+http addresses.*");

    private static Uri NobodyListens()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }

    private static ServiceProvider Host(Action<VllmAdapterOptions> configure, params Uri[] replicas)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(replicas.Select((replica, i) => KeyValuePair.Create($"Services:vllm:http:{i}", (string?)replica.ToString()))).Build());
        services.AddServiceDiscovery();
        services.ConfigureHttpClientDefaults(client => client.AddStandardResilienceHandler());
        services.ConfigureHttpClientDefaults(client => client.AddServiceDiscovery());
        services.AddVllmAdapter(configure).Services.Configure<VllmAdapterOptions>(o => o.Resilience.BaseDelay = TimeSpan.Zero);
        return services.BuildServiceProvider();
    }
}

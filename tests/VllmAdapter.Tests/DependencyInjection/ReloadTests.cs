using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Telemetry;

namespace VllmAdapter.Tests.DependencyInjection;

/// <summary>A configuration that changes while adapters run.</summary>
public sealed class ReloadTests : IDisposable
{
    private readonly FakeVllm _vllm = FakeVllm.InMemory(new FakeVllmOptions { Model = null }, Script.Model.Says("Hel", "lo"));
    private readonly CapturedLogs _logs = new(LogLevel.Information);
    private readonly IConfigurationRoot _configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();
    private readonly ServiceCollection _services = new();

    public ReloadTests()
    {
        _services.AddLogging(logging => logging.AddProvider(_logs));
        (_configuration["Vllm:Endpoint"], _configuration["Vllm:Model"]) = (_vllm.Endpoint.ToString(), "granite");
    }

    public void Dispose()
    {
        _vllm.Dispose();
        _logs.Dispose();
    }

    [Fact]
    public async Task New_calls_go_by_the_new_settings()
    {
        await using ServiceProvider provider = Build();
        var adapter = provider.GetRequiredService<VllmInferenceAdapter>();
        await adapter.CompleteChatAsync("Hello.");

        Change("Model", "llama");
        await adapter.CompleteChatAsync("Hello.");

        adapter.Model.Should().Be("llama");
        _vllm.Requests.Select(request => (string?)request.Json!["model"]).Should().Equal("granite", "llama");
        _logs.Entries.Should().ContainSingle().Which.Text.Should().Be("The adapter uses the changed configuration from the next call on.");
    }

    [Fact]
    public async Task A_new_address_and_a_new_key_hold_for_chats_and_for_what_was_kept_of_the_server()
    {
        await using ServiceProvider provider = Build();
        var adapter = provider.GetRequiredService<VllmInferenceAdapter>();
        VllmServer server = adapter.Server;

        Change("Endpoint", "http://other.test/behind");
        Change("ApiKey", "sk-new");
        await server.Awaiting(kept => kept.GetVersionAsync()).Should().ThrowAsync<VllmRequestException>("the fake has no such path");

        adapter.Endpoint.Should().Be("http://other.test/behind/");
        ReceivedRequest asked = _vllm.Requests.Should().ContainSingle().Subject;
        (asked.Path, asked.Headers["Authorization"]).Should().Be(("/behind/version", "Bearer sk-new"));
    }

    [Fact]
    public async Task A_call_under_way_ends_as_it_began()
    {
        var rest = new TaskCompletionSource();
        using FakeVllm slow = FakeVllm.InMemory(new FakeVllmOptions { Model = null }, Script.Model.Says("Hel").WaitsFor(rest.Task).Says("lo"));
        _configuration["Vllm:Endpoint"] = slow.Endpoint.ToString();
        await using ServiceProvider provider = Build(slow);
        var adapter = provider.GetRequiredService<VllmInferenceAdapter>();
        await using IAsyncEnumerator<ChatChunk> chunks = adapter.StreamChatAsync("Hello.").GetAsyncEnumerator();
        await chunks.MoveNextAsync();

        Change("MaxEventBytes", "1024");
        Change("MaxReplyBytes", "1024");
        rest.SetResult();
        string text = chunks.Current.Text;
        while (await chunks.MoveNextAsync())
            text += chunks.Current.Text;

        text.Should().Be("Hello");
        chunks.Current.Outcome!.Verdict.Should().Be(StreamVerdict.Completed);
    }

    [Theory]
    [InlineData("Endpoint", "localhost", "Adapter \"batch\": Endpoint must be an absolute http or https address such as http://localhost:8000, but is \"localhost\".")]
    [InlineData("TimeLimits:Headers", "-00:00:05", "Adapter \"batch\": TimeLimits.Headers must be longer than zero, but is -00:00:05. Use Timeout.InfiniteTimeSpan for no limit.")]
    [InlineData("Modell", "llama", "Adapter \"batch\": Vllm:Modell is not a setting of the adapter. Did you mean Model?")]
    public async Task A_change_that_cannot_be_used_is_logged_and_leaves_the_settings_as_they_were(string setting, string value, string reason)
    {
        await using ServiceProvider provider = Build(_vllm, "batch");
        var adapter = provider.GetRequiredKeyedService<VllmInferenceAdapter>("batch");

        Change(setting, value);
        (await adapter.CompleteChatAsync("Hello.")).Text.Should().Be("Hello");

        CapturedLog warning = _logs.Entries.Should().ContainSingle().Subject;
        (warning.Level, warning.Text).Should().Be((
            LogLevel.Warning, $"Adapter \"batch\" keeps its settings, because the changed configuration cannot be used: {reason}"));
    }

    [Fact]
    public async Task A_host_whose_monitors_refuse_the_change_goes_on_answering()
    {
        await using ServiceProvider provider = Build();
        var adapter = provider.GetRequiredService<VllmInferenceAdapter>();
        _ = provider.GetRequiredService<IOptionsMonitor<VllmAdapterOptions>>().CurrentValue;

        FluentActions.Invoking(() => Change("MaxEventBytes", "7")).Should().Throw<Exception>("that is how .NET's monitors do it");

        (await adapter.CompleteChatAsync("Hello.")).Text.Should().Be("Hello");
        _logs.Entries.Should().ContainSingle(entry => entry.Level == LogLevel.Warning);
    }

    [Fact]
    public async Task After_a_change_that_could_not_be_used_the_next_good_one_is()
    {
        await using ServiceProvider provider = Build();
        var adapter = provider.GetRequiredService<VllmInferenceAdapter>();

        Change("MaxEventBytes", "7");
        Change("MaxEventBytes", "4096");
        Change("Model", "llama");

        adapter.Model.Should().Be("llama");
    }

    [Fact]
    public async Task A_reload_that_changes_nothing_of_the_adapter_says_nothing()
    {
        await using ServiceProvider provider = Build();
        provider.GetRequiredService<VllmInferenceAdapter>();

        _configuration["Other"] = "new";
        _configuration.Reload();

        _logs.Entries.Should().BeEmpty();
    }

    [Fact]
    public async Task Places_that_are_taken_stay_taken()
    {
        _configuration["Vllm:Resilience:MaxConcurrentStreams"] = "1";
        await using ServiceProvider provider = Build();
        var adapter = provider.GetRequiredService<VllmInferenceAdapter>();
        IAsyncEnumerator<ChatChunk> first = adapter.StreamChatAsync("Hello.").GetAsyncEnumerator();
        await first.MoveNextAsync();

        Change("Model", "llama");
        Task<ChatAnswer> second = adapter.CompleteChatAsync("Hello.");

        _vllm.Requests.Should().ContainSingle("the one place is taken still");
        await first.DisposeAsync();
        (await second).Text.Should().Be("Hello");
    }

    [Fact]
    public async Task An_open_circuit_stays_open_until_its_own_settings_change()
    {
        using FakeVllm broken = FakeVllm.InMemory(new FakeVllmOptions { Model = null }, Script.Refuses(503, "Starting."));
        (_configuration["Vllm:Resilience:MaxAttempts"], _configuration["Vllm:Resilience:CircuitBreaker:MinimumThroughput"]) = ("1", "2");
        await using ServiceProvider provider = Build(broken);
        var adapter = provider.GetRequiredService<VllmInferenceAdapter>();
        for (int i = 0; i < 2; i++)
            await adapter.Awaiting(a => a.CompleteChatAsync("Hello.")).Should().ThrowAsync<VllmRequestException>();

        Change("Model", "llama");
        await adapter.Awaiting(a => a.CompleteChatAsync("Hello.")).Should().ThrowAsync<VllmRequestException>()
            .Where(failure => failure.Failure == RequestFailure.NotSent);

        Change("Resilience:CircuitBreaker:MinimumThroughput", "5");
        await adapter.Awaiting(a => a.CompleteChatAsync("Hello.")).Should().ThrowAsync<VllmRequestException>()
            .Where(failure => failure.Failure == RequestFailure.Unavailable);
    }

    [Fact]
    public async Task A_pipeline_of_the_users_is_built_once()
    {
        int built = 0;
        _services.AddVllmAdapter().ConfigureResilience(_ => built++);
        await using ServiceProvider provider = Build();
        var adapter = provider.GetRequiredService<VllmInferenceAdapter>();

        Change("Model", "llama");
        await adapter.CompleteChatAsync("Hello.");

        built.Should().Be(1);
    }

    [Fact]
    public async Task What_was_learnt_of_windows_is_kept_with_the_address()
    {
        await using ServiceProvider provider = Build();
        var adapter = provider.GetRequiredService<VllmInferenceAdapter>();
        IReadOnlyList<ModelCard> models = await adapter.Server.GetModelsAsync();

        Change("Model", "llama");
        int? kept = adapter.Server.Windows.Of(models[0].Id);
        Change("Endpoint", "http://other.test");

        (kept, adapter.Server.Windows.Of(models[0].Id)).Should().Be((models[0].ContextWindow, null));
    }

    private ServiceProvider Build(FakeVllm? vllm = null, string name = "")
    {
        _services.AddVllmAdapter(name, _configuration.GetSection("Vllm")).HttpClient.ConfigurePrimaryHttpMessageHandler((vllm ?? _vllm).CreateHandler);
        return _services.BuildServiceProvider();
    }

    private void Change(string setting, string value)
    {
        _configuration[$"Vllm:{setting}"] = value;
        _configuration.Reload();
    }
}

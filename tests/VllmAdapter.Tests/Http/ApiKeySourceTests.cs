using Microsoft.Extensions.Logging;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Telemetry;

namespace VllmAdapter.Tests.Http;

/// <summary>Keys that are renewed while the adapter runs.</summary>
public sealed class ApiKeySourceTests : IDisposable
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello.");
    private static readonly ScriptedReply Answer = Script.Says("Calm.").Finishes("stop").Done();

    private readonly CapturedLogs _logs = new();
    private readonly ManualTimeProvider _clock = new();
    private int _asked;

    public void Dispose() => _logs.Dispose();

    [Fact]
    public async Task Every_attempt_of_every_request_asks_for_its_key()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Replies(503), Answer);
        VllmInferenceAdapter adapter = AdapterOf(vllm, Next, "never-sent");

        await adapter.CompleteChatAsync(Hello);
        await adapter.Server.GetModelsAsync();

        KeysOf(vllm).Should().Equal("Bearer key-number-1", "Bearer key-number-2", "Bearer key-number-3");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task Where_it_gives_none_none_is_sent(string? nothing)
    {
        using FakeVllm vllm = FakeVllm.InMemory(Answer);

        await AdapterOf(vllm, _ => new(nothing), "never-sent").CompleteChatAsync(Hello);

        KeysOf(vllm).Should().Equal((string?)null);
    }

    [Fact]
    public async Task A_header_of_the_request_outranks_it_and_it_is_not_asked()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Answer);
        var headers = new RequestHeaders { Additional = new Dictionary<string, string> { ["Authorization"] = "Bearer of-the-tenant" } };

        await AdapterOf(vllm, Next).CompleteChatAsync(Hello with { Headers = headers });

        KeysOf(vllm).Should().Equal("Bearer of-the-tenant");
        _asked.Should().Be(0);
    }

    [Fact]
    public async Task The_key_shows_in_no_text_whatever_the_server_repeats()
    {
        using FakeVllm vllm = FakeVllm.InMemory(
            Script.Replies(503, "key-number-1 is not welcome", "text/plain"),
            Script.Replies(401, """{"error":{"message":"Incorrect API key provided: key-number-2"}}""", "application/json"),
            Script.Says("Cal").Fails("The key key-number-3 is worn out").Done());
        VllmInferenceAdapter adapter = AdapterOf(vllm, Next);

        VllmRequestException refused = (await adapter.Awaiting(a => a.CompleteChatAsync(Hello)).Should().ThrowAsync<VllmRequestException>()).Which;
        IncompleteStreamException broken = (await adapter.Awaiting(a => a.CompleteChatAsync(Hello)).Should().ThrowAsync<IncompleteStreamException>()).Which;

        string everything = $"{refused} {refused.ServerMessage} {refused.ResponseBody} {broken} {broken.Outcome.ToJson()} {_logs.Everything}";
        everything.Should().Contain("Incorrect API key provided: ***").And.Contain("The key *** is worn out").And.NotContain("key-number");
    }

    [Fact]
    public async Task The_servers_calls_hide_it_too()
    {
        using FakeVllm vllm = FakeVllm.InMemory(new FakeVllmOptions { ApiKey = "another" });
        using var http = new HttpClient(new Repeating()) { BaseAddress = vllm.Endpoint };
        var adapter = new VllmInferenceAdapter(http, new() { ApiKeySource = Next });

        VllmRequestException refused = (await adapter.Server.Awaiting(s => s.GetModelsAsync()).Should().ThrowAsync<VllmRequestException>()).Which;

        refused.ServerMessage.Should().Be("Not with Bearer ***");
        refused.ToString().Should().NotContain("key-number");
    }

    [Fact]
    public async Task What_it_throws_reaches_the_caller_and_nothing_is_sent()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Answer);
        VllmInferenceAdapter adapter = AdapterOf(vllm, _ => throw new UnauthorizedAccessException("The vault is closed."));

        await adapter.Awaiting(a => a.CompleteChatAsync(Hello)).Should().ThrowAsync<UnauthorizedAccessException>().WithMessage("The vault is closed.");

        vllm.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task A_key_that_cannot_be_sent_is_said_to_be_so_without_showing_it()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Answer);
        VllmInferenceAdapter adapter = AdapterOf(vllm, _ => new("from-a-file\n"));

        (await adapter.Awaiting(a => a.CompleteChatAsync(Hello)).Should().ThrowAsync<InvalidOperationException>())
            .Which.Message.Should().Be("ApiKeySource gave a key that cannot be sent: it ends with a line break, as text from a file does; trim it.");
    }

    [Fact]
    public async Task The_wait_for_it_ends_with_the_callers_token()
    {
        using var canceling = new CancellationTokenSource();
        using FakeVllm vllm = FakeVllm.InMemory(Answer);
        VllmInferenceAdapter adapter = AdapterOf(vllm, async token =>
        {
            await canceling.CancelAsync();
            await new TaskCompletionSource().Task.WaitAsync(token);
            return null;
        });

        (await adapter.Awaiting(a => a.CompleteChatAsync(Hello, canceling.Token)).Should().ThrowAsync<OperationCanceledException>())
            .Which.CancellationToken.Should().Be(canceling.Token);
    }

    [Theory]
    [InlineData("http://vllm.test", 1)]
    [InlineData("https://vllm.test", 0)]
    [InlineData("http://localhost:8000", 0)]
    [InlineData("http://127.0.0.1:8000", 0)]
    public async Task A_key_that_everybody_on_the_way_can_read_is_warned_of_once(string address, int warnings)
    {
        using FakeVllm vllm = FakeVllm.InMemory(Answer);
        using HttpClient http = vllm.CreateHttpClient();
        var options = new VllmAdapterOptions { Endpoint = new Uri(address), ApiKey = "key-number-0" };
        var adapter = new VllmInferenceAdapter(http, options, _clock, _logs.ForAdapter());

        await adapter.CompleteChatAsync(Hello);
        await adapter.CompleteChatAsync(Hello);

        const string Warning = "The API key is sent to vllm.test over http: everyone on the way can read it. Use https, unless the network is yours alone.";
        _logs.Entries.Where(entry => entry.Event.Id == 142).Select(entry => (entry.Level, entry.Text)).Should()
            .Equal(Enumerable.Repeat((LogLevel.Warning, Warning), warnings));
        _logs.Everything.Should().NotContain("key-number");
    }

    [Fact]
    public async Task Without_a_key_there_is_nothing_to_warn_of()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Answer);
        using HttpClient http = vllm.CreateHttpClient();

        await new VllmInferenceAdapter(http, logger: _logs.ForAdapter()).CompleteChatAsync(Hello);

        _logs.Entries.Should().NotContain(entry => entry.Event.Id == 142);
    }

    private ValueTask<string?> Next(CancellationToken cancellationToken) => new($"key-number-{++_asked}");

    private VllmInferenceAdapter AdapterOf(FakeVllm vllm, Func<CancellationToken, ValueTask<string?>> source, string? key = null)
    {
        var options = new VllmAdapterOptions { ApiKeySource = source, ApiKey = key, Resilience = { BaseDelay = TimeSpan.Zero } };
        return new VllmInferenceAdapter(vllm.CreateHttpClient(), options, logger: _logs.ForAdapter());
    }

    private static IEnumerable<string?> KeysOf(FakeVllm vllm) => vllm.Requests.Select(request => request.Headers.GetValueOrDefault("Authorization"));

    private sealed class Repeating : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.Unauthorized)
            {
                Content = new StringContent($$"""{"error":"Not with {{request.Headers.Authorization}}"}""", System.Text.Encoding.UTF8, "application/json"),
            });
    }
}

using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Resilience;

/// <summary>What is disposed stays so: it is said in a sentence, and not tried again.</summary>
public sealed class DisposedTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello.");

    [Fact]
    public async Task A_client_of_the_callers_that_is_disposed()
    {
        using var handler = new Counting();
        var http = new HttpClient(handler) { BaseAddress = new Uri("http://vllm.test") };
        var adapter = new VllmInferenceAdapter(http);
        http.Dispose();

        await adapter.Awaiting(a => a.CompleteChatAsync(Hello)).Should().ThrowAsync<ObjectDisposedException>()
            .WithMessage("The HttpClient of this adapter is disposed, so nothing can be sent. Let it live as long as the adapter, or make a new adapter.");
        await adapter.Server.Awaiting(s => s.GetModelsAsync()).Should().ThrowAsync<ObjectDisposedException>().WithMessage("The HttpClient*");
        handler.Sent.Should().Be(0);
    }

    [Fact]
    public async Task A_handler_that_says_it_is_disposed_is_asked_once()
    {
        using var handler = new Counting(new ObjectDisposedException("MyHandler"));
        var adapter = new VllmInferenceAdapter(new HttpClient(handler) { BaseAddress = new Uri("http://vllm.test") });

        await adapter.Awaiting(a => a.CompleteChatAsync(Hello)).Should().ThrowAsync<ObjectDisposedException>().WithMessage("*MyHandler*");

        handler.Sent.Should().Be(1);
    }

    [Fact]
    public async Task A_fake_server_that_is_disposed_says_so()
    {
        FakeVllm vllm = FakeVllm.InMemory(Script.Says("Calm.").Done());
        VllmInferenceAdapter adapter = vllm.CreateAdapter();
        vllm.Dispose();

        await adapter.Awaiting(a => a.CompleteChatAsync(Hello)).Should().ThrowAsync<ObjectDisposedException>().WithMessage("This FakeVllm is disposed*");
        await adapter.Server.Awaiting(s => s.GetModelsAsync()).Should().ThrowAsync<ObjectDisposedException>().WithMessage("This FakeVllm is disposed*");

        vllm.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task An_adapter_that_is_disposed_sends_nothing_and_leaves_a_client_of_the_callers_alone()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("Calm.").Finishes("stop").Done());
        using HttpClient http = vllm.CreateHttpClient();
        var adapter = new VllmInferenceAdapter(http);
        ChatStream asked = adapter.StreamChatAsync(Hello);
        adapter.Dispose();
        adapter.Dispose();

        adapter.Invoking(a => a.StreamChatAsync(Hello)).Should().Throw<ObjectDisposedException>()
            .WithMessage("The adapter is disposed, so nothing can be sent. Let it live as long as its requests, or make a new one.");
        await adapter.Awaiting(a => a.CompleteChatAsync("Hello.")).Should().ThrowAsync<ObjectDisposedException>();
        await adapter.Server.Awaiting(s => s.CheckHealthAsync()).Should().ThrowAsync<ObjectDisposedException>().WithMessage("The adapter*");
        await asked.Awaiting(s => s.GetAsyncEnumerator().MoveNextAsync().AsTask()).Should().ThrowAsync<ObjectDisposedException>();

        vllm.Requests.Should().BeEmpty();
        (await new VllmInferenceAdapter(http).CompleteChatAsync(Hello)).Text.Should().Be("Calm.");
    }

    [Fact]
    public async Task An_answer_under_way_comes_to_its_end()
    {
        var gate = new TaskCompletionSource();
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("Cal").WaitsFor(gate.Task).Says("m.").Finishes("stop").Done());
        VllmInferenceAdapter adapter = vllm.CreateAdapter();
        await using IAsyncEnumerator<ChatChunk> chunks = adapter.StreamChatAsync(Hello).GetAsyncEnumerator();
        string text = "";
        while (text.Length < 3 && await chunks.MoveNextAsync())
            text += chunks.Current.Text;

        adapter.Dispose();
        gate.SetResult();
        while (await chunks.MoveNextAsync())
            text += chunks.Current.Text;

        text.Should().Be("Calm.");
    }

    private sealed class Counting(Exception? failure = null) : HttpMessageHandler
    {
        public int Sent { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Sent++;
            return Task.FromException<HttpResponseMessage>(failure ?? new HttpRequestException("Nobody there."));
        }
    }
}

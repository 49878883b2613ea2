using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Resilience;

public sealed class StreamSlotsTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello.");
    private static readonly ScriptedReply Answer = Script.Says("Hel", "lo").Finishes("stop").Done();

    private readonly ManualTimeProvider _clock = new();

    [Theory]
    [InlineData("to its end")]
    [InlineData("left")]
    [InlineData("cancelled")]
    [InlineData("interrupted")]
    public async Task A_place_is_held_until_the_stream_is_over(string how)
    {
        using var vllm = FakeVllm.InMemory(how == "interrupted" ? Script.Says("Hel", "lo").Resets() : Answer);
        using var cancelled = new CancellationTokenSource();
        VllmInferenceAdapter adapter = AdapterOf(vllm, new());
        IAsyncEnumerator<ChatChunk> first = adapter.StreamChatAsync(Hello, cancelled.Token).GetAsyncEnumerator();
        IAsyncEnumerator<ChatChunk> second = adapter.StreamChatAsync(Hello).GetAsyncEnumerator();
        await first.MoveNextAsync();
        ValueTask<bool> waiting = second.MoveNextAsync();
        vllm.Requests.Should().HaveCount(1);

        if (how == "cancelled")
            await cancelled.CancelAsync();

        if (how != "left")
            await RunToItsEndAsync(first);

        await first.DisposeAsync();

        (await waiting).Should().BeTrue();
        vllm.Requests.Should().HaveCount(2);
        await second.DisposeAsync();
    }

    [Fact]
    public async Task A_refused_request_gives_its_place_back()
    {
        using var vllm = FakeVllm.InMemory(Script.Refuses(400, "no"), Answer);
        VllmInferenceAdapter adapter = AdapterOf(vllm, new());

        await adapter.Invoking(one => one.CompleteChatAsync(Hello)).Should().ThrowAsync<VllmRequestException>();

        (await adapter.CompleteChatAsync(Hello)).Text.Should().Be("Hello");
    }

    [Fact]
    public async Task Waiting_for_a_place_ends_with_the_total_limit_and_nothing_was_sent()
    {
        using var vllm = FakeVllm.InMemory(Answer);
        VllmInferenceAdapter adapter = AdapterOf(vllm, new() { TimeLimits = { Total = TimeSpan.FromSeconds(5) } });
        await using IAsyncEnumerator<ChatChunk> first = adapter.StreamChatAsync(Hello).GetAsyncEnumerator();
        await first.MoveNextAsync();
        Task<ChatCompletion> waiting = adapter.CompleteChatAsync(Hello with { IncompleteStreams = IncompleteStreams.Report });

        _clock.Advance(TimeSpan.FromSeconds(5));

        (await waiting).Outcome.StoppedBy.Should().Be(StopCause.Deadline);
        vllm.Requests.Should().HaveCount(1);
    }

    [Fact]
    public async Task Waiting_for_a_place_ends_with_the_callers_token()
    {
        using var vllm = FakeVllm.InMemory(Answer);
        using var cancelled = new CancellationTokenSource();
        VllmInferenceAdapter adapter = AdapterOf(vllm, new());
        await using IAsyncEnumerator<ChatChunk> first = adapter.StreamChatAsync(Hello).GetAsyncEnumerator();
        await first.MoveNextAsync();
        Task<ChatCompletion> waiting = adapter.CompleteChatAsync(Hello, cancelled.Token);

        await cancelled.CancelAsync();

        (await waiting.Awaiting(one => one).Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(cancelled.Token);
    }

    private static async Task RunToItsEndAsync(IAsyncEnumerator<ChatChunk> stream)
    {
        try
        {
            while (await stream.MoveNextAsync())
            {
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or IncompleteStreamException)
        {
            // However it ended, it is over.
        }
    }

    private VllmInferenceAdapter AdapterOf(FakeVllm vllm, VllmAdapterOptions options)
    {
        options.Resilience.MaxConcurrentStreams = 1;
        return new VllmInferenceAdapter(vllm.CreateHttpClient(), options, _clock);
    }
}

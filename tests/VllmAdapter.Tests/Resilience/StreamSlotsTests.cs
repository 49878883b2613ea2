using Microsoft.Extensions.Logging;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Telemetry;

namespace VllmAdapter.Tests.Resilience;

public sealed class StreamSlotsTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello.");
    private static readonly ScriptedReply Answer = Script.Says("Hel", "lo").Finishes("stop").Done();

    private readonly ManualTimeProvider _clock = new();

    [Theory]
    [InlineData("to its end")]
    [InlineData("left")]
    [InlineData("canceled")]
    [InlineData("interrupted")]
    public async Task A_place_is_held_until_the_stream_is_over(string how)
    {
        using var vllm = FakeVllm.InMemory(how == "interrupted" ? Script.Says("Hel", "lo").Resets() : Answer);
        using var canceled = new CancellationTokenSource();
        VllmInferenceAdapter adapter = AdapterOf(vllm, new());
        IAsyncEnumerator<ChatChunk> first = adapter.StreamChatAsync(Hello, canceled.Token).GetAsyncEnumerator();
        IAsyncEnumerator<ChatChunk> second = adapter.StreamChatAsync(Hello).GetAsyncEnumerator();
        await first.MoveNextAsync();
        ValueTask<bool> waiting = second.MoveNextAsync();
        vllm.Requests.Should().HaveCount(1);

        if (how == "canceled")
            await canceled.CancelAsync();

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
        Task<ChatAnswer> waiting = adapter.CompleteChatAsync(Hello with { OnIncompleteStream = IncompleteStreamBehavior.Report });

        _clock.Advance(TimeSpan.FromSeconds(5));

        (await waiting).Outcome.TerminatedBy.Should().Be(TerminationCause.Deadline);
        vllm.Requests.Should().HaveCount(1);
    }

    [Fact]
    public async Task Waiting_for_a_place_ends_with_the_callers_token()
    {
        using var vllm = FakeVllm.InMemory(Answer);
        using var canceled = new CancellationTokenSource();
        VllmInferenceAdapter adapter = AdapterOf(vllm, new());
        await using IAsyncEnumerator<ChatChunk> first = adapter.StreamChatAsync(Hello).GetAsyncEnumerator();
        await first.MoveNextAsync();
        Task<ChatAnswer> waiting = adapter.CompleteChatAsync(Hello, canceled.Token);

        await canceled.CancelAsync();

        (await waiting.Awaiting(one => one).Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(canceled.Token);
    }

    [Fact]
    public async Task A_stream_that_nobody_reads_or_disposes_is_warned_of_once_another_call_has_waited_for_long()
    {
        using var vllm = FakeVllm.InMemory(Answer);
        using var logs = new CapturedLogs(LogLevel.Warning);
        using var canceled = new CancellationTokenSource();
        VllmInferenceAdapter adapter = AdapterOf(vllm, new(), logs.ForAdapter());
        IAsyncEnumerator<ChatChunk> forgotten = adapter.StreamChatAsync(Hello).GetAsyncEnumerator();
        await forgotten.MoveNextAsync();
        _clock.Advance(TimeSpan.FromSeconds(15));
        Task<ChatAnswer>[] waiting = [adapter.CompleteChatAsync(Hello, canceled.Token), adapter.CompleteChatAsync(Hello, canceled.Token)];

        _clock.Advance(StreamSlots.WarnAfter - TimeSpan.FromTicks(1));
        logs.Entries.Should().BeEmpty();
        _clock.Advance(TimeSpan.FromTicks(1));

        logs.Entries.Should().ContainSingle().Which.Text.Should().Be(
            "Requests waiting for a free slot: 2, one of them for 30 s. All 1 slots of Resilience.MaxConcurrentStreams are taken, one of them for 45 s. "
            + "A stream holds its slot until it has been read to its end or disposed: read it with await foreach, or dispose what GetAsyncEnumerator gave. "
            + "If all of them are being read, the server is slow, or the limit is low.");
        _clock.Advance(StreamSlots.WarnAfter);
        logs.Entries.Should().HaveCount(2, "it is said again as long as it lasts, once for all that wait");

        await canceled.CancelAsync();
        await Task.WhenAll(waiting).Awaiting(all => all).Should().ThrowAsync<OperationCanceledException>();
        await forgotten.DisposeAsync();
        (await adapter.CompleteChatAsync(Hello)).Text.Should().Be("Hello");
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

    private VllmInferenceAdapter AdapterOf(FakeVllm vllm, VllmAdapterOptions options, ILogger<VllmInferenceAdapter>? logger = null)
    {
        options.Resilience.MaxConcurrentStreams = 1;
        return new VllmInferenceAdapter(vllm.CreateHttpClient(), options, _clock, logger);
    }

    /// <summary>What goes wrong in letting go of a body is neither the caller's fault nor a reason to lose a place.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_whose_disposal_fails_costs_neither_the_place_nor_the_outcome(bool isLeft)
    {
        using var client = new HttpClient(new Answering()) { BaseAddress = new Uri("http://vllm.test"), Timeout = Timeout.InfiniteTimeSpan };
        var adapter = new VllmInferenceAdapter(client, new VllmAdapterOptions { Resilience = { MaxConcurrentStreams = 1 } });
        for (int call = 0; call < 3; call++)
        {
            ChatStream stream = adapter.StreamChatAsync(Hello);
            await foreach (ChatChunk chunk in stream)
            {
                if (isLeft)
                    break;
            }

            stream.Outcome.Verdict.Should().Be(isLeft ? StreamVerdict.Abandoned : StreamVerdict.Completed);
        }
    }

    private sealed class Answering : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage { Content = new StreamContent(new Unclosable()) { Headers = { ContentType = new("text/event-stream") } } });
    }

    private sealed class Unclosable() : MemoryStream("""
        data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}

        data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: [DONE]


        """u8.ToArray())
    {
        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            throw new IOException("It does not close.");
        }
    }
}

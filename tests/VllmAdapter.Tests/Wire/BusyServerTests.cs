using System.Net;
using System.Text;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Wire;

/// <summary>The limits hold against a server that is busy with anything but the answer.</summary>
public sealed class BusyServerTests
{
    private const string Text = """data: {"choices":[{"index":0,"delta":{"content":"late "}}]}""" + "\n\n";
    private const string Empty = """data: {"choices":[{"index":0,"delta":{}}]}""" + "\n\n";
    private const string Stop = """data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\n";

    private readonly ManualTimeProvider _clock = new();

    [Theory]
    [InlineData("data: null\n\n")]
    [InlineData("data: {}\n\n")]
    [InlineData("event: ping\ndata: x\n\n")]
    [InlineData("retry: 1\n\n")]
    [InlineData(": ping\n\n")]
    [InlineData("\n")]
    public async Task A_flood_of_events_that_are_no_chunks_is_silence(string flood)
    {
        StreamOutcome before = await FloodAsync("", flood, TimeSpan.FromMilliseconds(10));
        StreamOutcome after = await FloodAsync(Text, flood, TimeSpan.FromMilliseconds(10));

        (before.Verdict, before.TerminatedBy).Should().Be((StreamVerdict.Stalled, TerminationCause.FirstChunkTimeout));
        (after.Verdict, after.TerminatedBy).Should().Be((StreamVerdict.Stalled, TerminationCause.IdleTimeout));
        after.Evidence.SilentFor.Should().BeCloseTo(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(1));
    }

    /// <summary>A gateway keeps a dead stream warm (NousResearch/hermes-agent#103578, elevenlabs/packages#1005).</summary>
    [Fact]
    public async Task Empty_deltas_are_no_progress()
    {
        StreamOutcome outcome = await FloodAsync(Text, Empty, TimeSpan.FromMilliseconds(200));

        (outcome.Verdict, outcome.TerminatedBy).Should().Be((StreamVerdict.Stalled, TerminationCause.IdleTimeout));
        outcome.Evidence.Chunks.Should().BeGreaterThan(10);
    }

    /// <summary>Real servers send them, one a token, while they write a call that is suppressed; the count rises.</summary>
    [Fact]
    public async Task Empty_deltas_with_a_rising_count_are_progress()
    {
        int count = 0;
        StreamOutcome outcome = await FloodAsync(Text, "", TimeSpan.FromSeconds(1), next: () => ++count < 60
            ? $$$"""data: {"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":9,"completion_tokens":{{{count}}},"total_tokens":{{{9 + count}}}}}""" + "\n\n"
            : Stop + "data: [DONE]\n\n");

        outcome.TerminatedBy.Should().Be(TerminationCause.Sentinel);
        outcome.Evidence.Elapsed.Should().BeGreaterThan(TimeSpan.FromSeconds(59));
    }

    [Fact]
    public async Task Late_deltas_do_not_renew_the_grace_after_the_finish()
    {
        StreamOutcome outcome = await FloodAsync(Text + Stop, Text, TimeSpan.FromMilliseconds(100));

        (outcome.TerminatedBy, outcome.Verdict).Should().Be((TerminationCause.FinishReason, StreamVerdict.Completed));
        outcome.Evidence.Chunks.Should().BeInRange(15, 25);
    }

    /// <summary>The answer comes seconds after a finish reason on the first, empty chunk (open-webui/open-webui#23921).</summary>
    [Fact]
    public async Task A_stop_before_anything_was_delivered_begins_no_grace()
    {
        int read = 0;
        StreamOutcome outcome = await FloodAsync(Stop, "", TimeSpan.FromSeconds(3), next: () => read++ == 0 ? Text : Stop + "data: [DONE]\n\n");

        (outcome.Verdict, outcome.Received[0].Text).Should().Be((StreamVerdict.Completed, "late "));
    }

    [Fact]
    public async Task A_reply_without_end_is_cut_off_and_what_came_is_kept()
    {
        StreamOutcome outcome = await FloodAsync("", Text, TimeSpan.Zero, options => (options.MaxEventBytes, options.MaxReplyBytes) = (1024, 10_000));

        (outcome.Verdict, outcome.Evidence.Malformation).Should().Be(
            (StreamVerdict.Malformed, "A reply of more than 10,000 bytes was refused; raise VllmAdapterOptions.MaxReplyBytes if the server means it"));
        outcome.Received[0].Text.Length.Should().BeGreaterThan(400);
    }

    [Fact]
    public async Task Far_more_choices_than_were_asked_for_are_no_answer()
    {
        int index = 0;
        StreamOutcome outcome = await FloodAsync("", "", TimeSpan.Zero, choices: 2, next: () => $$$"""data: {"choices":[{"index":{{{index++}}},"delta":{"content":"a"}}]}""" + "\n\n");

        (outcome.Verdict, outcome.Evidence.Malformation).Should().Be((StreamVerdict.Malformed, "129 choices came where 2 were asked for"));
    }

    /// <summary>Streams of handlers other than .NET's own may not look at the token of a read.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_that_ignores_its_token_does_not_hold_the_call(bool isCanceled)
    {
        using var client = new HttpClient(new OneBody(new DeafBody(Encoding.UTF8.GetBytes(Text)))) { BaseAddress = new Uri("http://vllm.test"), Timeout = Timeout.InfiniteTimeSpan };
        var adapter = new VllmInferenceAdapter(client, new VllmAdapterOptions { TimeLimits = { BetweenChunks = TimeSpan.FromSeconds(4) } }, _clock);
        using var canceled = new CancellationTokenSource();
        await using IAsyncEnumerator<ChatChunk> chunks = adapter.StreamChatAsync("Hello.", canceled.Token).GetAsyncEnumerator();
        await chunks.MoveNextAsync();
        Task<bool> next = chunks.MoveNextAsync().AsTask();
        await _clock.WhenTimerArmedAsync(TimeSpan.FromSeconds(4)).WaitAsync(TimeSpan.FromSeconds(30));

        if (isCanceled)
            await canceled.CancelAsync();
        else
            _clock.Advance(TimeSpan.FromSeconds(4));

        if (isCanceled)
            (await next.Invoking(one => one.WaitAsync(TimeSpan.FromSeconds(30))).Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(canceled.Token);
        else
            (await next.WaitAsync(TimeSpan.FromSeconds(30)), chunks.Current.Outcome!.Verdict).Should().Be((true, StreamVerdict.Stalled));
    }

    private async Task<StreamOutcome> FloodAsync(
        string first, string flood, TimeSpan between, Action<VllmAdapterOptions>? configure = null, int? choices = null, Func<string>? next = null)
    {
        var options = new VllmAdapterOptions
        {
            TimeLimits = { FirstChunk = TimeSpan.FromSeconds(4), BetweenChunks = TimeSpan.FromSeconds(4) },
            Resilience = { MaxAttempts = 1 },
        };
        configure?.Invoke(options);
        var body = new FloodingBody(first, next ?? (() => flood), () => _clock.Advance(between));
        using var client = new HttpClient(new OneBody(body)) { BaseAddress = new Uri("http://vllm.test"), Timeout = Timeout.InfiniteTimeSpan };
        ChatAnswer answer = await new VllmInferenceAdapter(client, options, _clock)
            .CompleteChatAsync(ChatRequest.FromPrompt("Hello.") with { OnIncompleteStream = IncompleteStreamBehavior.Report, ChoiceCount = choices });
        return answer.Outcome;
    }

    private sealed class OneBody(Stream body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(body) { Headers = { ContentType = new("text/event-stream") } } });
    }

    /// <summary>Always has something at once; far too much of it is an error, for then nobody stopped it.</summary>
    private sealed class FloodingBody(string first, Func<string> next, Action onRead) : ForwardStream
    {
        private byte[] _rest = Encoding.UTF8.GetBytes(first);
        private int _reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (++_reads > 2_000_000)
                throw new InvalidOperationException("Nobody stopped it.");

            if (_rest.Length == 0)
            {
                onRead();
                _rest = Encoding.UTF8.GetBytes(next());
            }

            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(buffer.Length, _rest.Length);
            _rest.AsSpan(0, count).CopyTo(buffer.Span);
            _rest = _rest[count..];
            return new ValueTask<int>(count);
        }
    }

    private sealed class DeafBody(byte[] first) : ForwardStream
    {
        private bool _hasSpoken;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_hasSpoken)
                return new ValueTask<int>(new TaskCompletionSource<int>().Task);

            _hasSpoken = true;
            first.CopyTo(buffer);
            return new ValueTask<int>(first.Length);
        }
    }
}

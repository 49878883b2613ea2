using System.Text;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Http;

/// <summary>Hanging up means to cancel a read that is under way; a read that finds bytes at once is none.</summary>
public sealed class HangUpTests
{
    private const string Hello = """data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}""" + "\n\n";

    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(80, false)]
    [InlineData(80, true)]
    public async Task However_much_has_come_already_a_read_is_canceled_under_way(int backlog, bool lastOneComesAllTheSame)
    {
        var body = new Backlog(backlog, lastOneComesAllTheSame);

        await LeaveAsync(body);

        body.WasCanceledUnderWay.Should().BeTrue();
    }

    [Fact]
    public async Task A_server_that_floods_does_not_keep_the_caller()
    {
        var body = new Backlog(reads: int.MaxValue, lastOneComesAllTheSame: false);

        await LeaveAsync(body);

        body.WasCanceledUnderWay.Should().BeFalse();
        body.BytesRead.Should().BeLessThan(4 * 1024 * 1024);
    }

    [Theory]
    [InlineData(": ping\n\n")]
    [InlineData("\n")]
    [InlineData("pong\n")]
    public async Task A_flood_that_holds_no_events_does_not_keep_the_policy_from_being_asked(string flood)
    {
        var clock = new ManualTimeProvider();
        var body = new Flood(Encoding.UTF8.GetBytes(flood), onRead: () => clock.Advance(TimeSpan.FromMilliseconds(1)));
        using var client = new HttpClient(new OneBody(body)) { BaseAddress = new Uri("http://vllm.test"), Timeout = Timeout.InfiniteTimeSpan };
        var adapter = new VllmInferenceAdapter(client, new VllmAdapterOptions(), clock);
        ChatStream stream = adapter.StreamChatAsync(ChatRequest.FromPrompt("Hello.") with
        {
            Termination = VllmAdapter.Termination.After(TimeSpan.FromSeconds(1)),
            OnIncompleteStream = IncompleteStreamBehavior.Report,
        });

        await foreach (ChatChunk chunk in stream)
        {
            // Only the outcome comes.
        }

        (stream.Outcome.Verdict, stream.Outcome.TerminatedBy).Should().Be((StreamVerdict.Stalled, TerminationCause.Deadline), stream.Outcome.Explain());
    }

    private static async Task LeaveAsync(Backlog body)
    {
        using var client = new HttpClient(new OneBody(body)) { BaseAddress = new Uri("http://vllm.test"), Timeout = Timeout.InfiniteTimeSpan };
        var adapter = new VllmInferenceAdapter(client, new VllmAdapterOptions());

        await foreach (ChatChunk chunk in adapter.StreamChatAsync("Hello."))
            break;
    }

    private sealed class OneBody(Stream body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage { Content = new StreamContent(body) { Headers = { ContentType = new("text/event-stream") } } });
    }

    /// <summary>The same bytes again and again, at once; far too often is an error, for then nobody stopped it.</summary>
    private sealed class Flood(byte[] bytes, Action onRead) : ForwardStream
    {
        private int _reads;
        private int _at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (++_reads > 10_000_000)
                throw new IOException("Nobody stopped it.");

            onRead();
            ReadOnlySpan<byte> rest = bytes.AsSpan(_at);
            int count = Math.Min(rest.Length, buffer.Length);
            rest[..count].CopyTo(buffer.Span);
            _at = (_at + count) % bytes.Length;
            return new ValueTask<int>(count);
        }
    }

    /// <summary>A chunk, then reads that find bytes at once, and then only waiting.</summary>
    private sealed class Backlog(int reads, bool lastOneComesAllTheSame) : ForwardStream
    {
        private int _reads = -1;
        private bool _comes = lastOneComesAllTheSame;

        public bool WasCanceledUnderWay { get; private set; }

        public long BytesRead { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (++_reads == 0)
                return Encoding.UTF8.GetBytes(Hello, buffer.Span);

            if (_reads <= reads)
            {
                BytesRead += buffer.Length;
                return buffer.Length;
            }

            try
            {
                await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (_comes)
            {
                _comes = false;
                return 1;
            }
            catch (OperationCanceledException)
            {
                WasCanceledUnderWay = true;
                throw;
            }

            return 0;
        }
    }
}

using System.Text;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Http;

public sealed class BoundedBodyTests
{
    [Theory]
    [InlineData(0, 10, false)]
    [InlineData(9, 10, false)]
    [InlineData(10, 10, false)]
    [InlineData(11, 10, true)]
    [InlineData(0, 0, false)]
    [InlineData(1, 0, true)]
    [InlineData(100_000, 100_000, false)]
    [InlineData(100_001, 100_000, true)]
    [InlineData(70_000, long.MaxValue, false)]
    public async Task A_body_may_be_as_large_as_the_limit_and_not_larger(int size, long limit, bool isTooLarge)
    {
        byte[] sent = [.. Enumerable.Range(0, size).Select(number => (byte)number)];

        BoundedBody body = await BoundedBody.ReadAsync(ResponseOf(Pieces(sent), BodyEnding.Clean), limit, CancellationToken.None);

        (body.IsTooLarge, body.IsWhole, body.Fault).Should().Be((isTooLarge, !isTooLarge, null));
        body.Bytes.Should().Equal(sent[..(int)Math.Min(size, limit)]);
    }

    [Fact]
    public async Task What_came_before_a_cut_is_kept_and_the_cut_is_told()
    {
        BoundedBody body = await BoundedBody.ReadAsync(ResponseOf(Pieces("half"u8.ToArray()), BodyEnding.Broken), 100, CancellationToken.None);

        (Encoding.UTF8.GetString(body.Bytes), body.IsTooLarge, body.IsWhole).Should().Be(("half", false, false));
        body.Fault.Should().BeOfType<HttpIOException>();
    }

    [Fact]
    public async Task A_body_that_cannot_be_opened_is_a_fault()
    {
        using var response = new HttpResponseMessage { Content = new StreamContent(new Faulty(new IOException("gone"))) };
        using var unopenable = new HttpResponseMessage { Content = new Unopenable() };

        (await BoundedBody.ReadAsync(response, 100, CancellationToken.None)).Fault.Should().BeOfType<IOException>();
        (await BoundedBody.ReadAsync(unopenable, 100, CancellationToken.None)).Fault.Should().BeAssignableTo<Exception>();
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task A_body_that_cannot_be_decompressed_is_a_fault(string encoding)
    {
        using HttpResponseMessage response = ResponseOf(Pieces([.. Enumerable.Repeat((byte)'<', 20_000)]), BodyEnding.Clean);
        response.Content.Headers.ContentEncoding.Add(encoding);

        (await BoundedBody.ReadAsync(response, 100, CancellationToken.None)).Fault.Should().BeOfType<InvalidDataException>();
    }

    [Theory]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(NotSupportedException))]
    [InlineData(typeof(ArithmeticException))]
    public async Task Whatever_a_handlers_stream_throws_is_a_fault(Type thrown)
    {
        using var response = new HttpResponseMessage { Content = new StreamContent(new Faulty((Exception)Activator.CreateInstance(thrown)!)) };

        (await BoundedBody.ReadAsync(response, 100, CancellationToken.None)).Fault.Should().BeOfType(thrown);
    }

    [Fact]
    public async Task A_body_that_keeps_silent_ends_with_the_readers_token_and_keeps_what_came()
    {
        using var reader = new CancellationTokenSource();
        using HttpResponseMessage response = ResponseOf(Pieces("half"u8.ToArray()), BodyEnding.Silent, reader.Cancel);

        BoundedBody body = await BoundedBody.ReadAsync(response, 100, reader.Token);

        Encoding.UTF8.GetString(body.Bytes).Should().Be("half");
        body.Fault.Should().BeAssignableTo<OperationCanceledException>();
    }

    [Fact]
    public async Task An_endless_body_that_never_pauses_ends_with_the_readers_token()
    {
        using var reader = new CancellationTokenSource();
        using var response = new HttpResponseMessage { Content = new StreamContent(new Endless(after: 5, reader.Cancel)) };

        BoundedBody body = await BoundedBody.ReadAsync(response, long.MaxValue, reader.Token);

        body.Bytes.Should().NotBeEmpty();
        body.Fault.Should().BeAssignableTo<OperationCanceledException>();
    }

    [Fact]
    public async Task A_body_that_is_deaf_to_its_token_is_left_after_a_short_patience()
    {
        var clock = new ManualTimeProvider();
        using var reader = new CancellationTokenSource();
        using var response = new HttpResponseMessage { Content = new StreamContent(new Deaf()) };
        Task<BoundedBody> reading = BoundedBody.ReadAsync(response, 100, reader.Token, clock).AsTask();

        await reader.CancelAsync();
        await clock.WhenTimerArmedAsync(BoundedBody.Patience);
        reading.IsCompleted.Should().BeFalse();
        clock.Advance(BoundedBody.Patience);

        (await reading).Fault.Should().BeAssignableTo<OperationCanceledException>().Which.CancellationToken.Should().Be(reader.Token);
    }

    [Fact]
    public async Task What_was_decompressed_is_let_go_of()
    {
        var wire = new MemoryStream();
        using var response = new HttpResponseMessage { Content = new StreamContent(wire) };

        await BoundedBody.ReadAsync(response, 100, CancellationToken.None);

        wire.CanRead.Should().BeFalse();
    }

    private static ReadOnlyMemory<byte>[] Pieces(byte[] bytes) => [.. bytes.Chunk(1000).Select(piece => (ReadOnlyMemory<byte>)piece)];

    private static HttpResponseMessage ResponseOf(ReadOnlyMemory<byte>[] pieces, BodyEnding ending, Action? onSilence = null) =>
        new() { Content = new StreamContent(new CannedBody(pieces, ending, onSilence)) };

    private sealed class Faulty(Exception fault) : ForwardStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw fault;
    }

    private sealed class Endless(int after, Action then) : ForwardStream
    {
        private int _reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (++_reads == after)
                then();

            return ValueTask.FromResult(buffer.Length);
        }
    }

    private sealed class Deaf : ForwardStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await new TaskCompletionSource().Task;
            return 0;
        }
    }

    private sealed class Unopenable : HttpContent
    {
        protected override Task<Stream> CreateContentReadStreamAsync() => throw new IOException("closed");

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => throw new IOException("closed");

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

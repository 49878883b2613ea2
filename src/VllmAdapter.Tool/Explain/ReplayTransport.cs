using System.Net;
using System.Net.Sockets;

namespace VllmAdapter.Tool.Explain;

/// <summary>Answers the one request of a replay with what was recorded, on a clock that moves with the recording and waits for nobody.</summary>
internal sealed class ReplayTransport(RecordedResponse recorded, ManualTimeProvider clock) : HttpMessageHandler
{
    private readonly TaskCompletionSource _readerWaits = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How many pieces of the recording were read.</summary>
    public int PiecesRead { get; private set; }

    /// <summary>To be told when the reader waits, and so has set its limits: before that, time must not go on by itself.</summary>
    public void ReaderWaits() => _readerWaits.TrySetResult();

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method != HttpMethod.Post)
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.NotFound) { RequestMessage = request });

        var response = new HttpResponseMessage((HttpStatusCode)recorded.Status)
        {
            RequestMessage = request,
            Content = new StreamContent(new Body(this)),
        };
        foreach ((string name, string value) in recorded.Headers)
        {
            // The length is that of what was recorded; a recording may have been cleaned of names since.
            if (!name.Equals("content-length", StringComparison.OrdinalIgnoreCase) && !response.Headers.TryAddWithoutValidation(name, value))
                response.Content.Headers.TryAddWithoutValidation(name, value);
        }

        return Task.FromResult(response);
    }

    private async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        while (PiecesRead < recorded.Pieces.Count)
        {
            RecordedPiece piece = recorded.Pieces[PiecesRead];
            TimeSpan wait = piece.At - clock.GetElapsedTime(0);
            if (wait > TimeSpan.Zero)
                clock.Advance(wait);
            cancellationToken.ThrowIfCancellationRequested();
            PiecesRead++;
            if (!piece.Bytes.IsEmpty)
                return piece.Bytes;
        }

        return recorded.SocketEnd switch
        {
            SocketEnd.Reset => throw new HttpIOException(
                HttpRequestError.Unknown, "The connection was reset.", new SocketException((int)SocketError.ConnectionReset)),
            SocketEnd.Timeout => await StaySilentAsync(cancellationToken).ConfigureAwait(false),
            _ when !recorded.BodyComplete => throw new HttpIOException(HttpRequestError.ResponseEnded, "The response ended prematurely."),
            _ => default,
        };
    }

    // Nothing comes any more: time goes on from limit to limit until the reader gives up.
    private async ValueTask<ReadOnlyMemory<byte>> StaySilentAsync(CancellationToken cancellationToken)
    {
        await _readerWaits.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            await clock.WhenTimerArmedAsync(cancellationToken).ConfigureAwait(false);
            if (clock.UntilNextTimer is { } wait)
                clock.Advance(wait);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private sealed class Body(ReplayTransport transport) : ForwardStream
    {
        private ReadOnlyMemory<byte> _piece;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (buffer.IsEmpty)
                return 0;
            if (_piece.IsEmpty)
                _piece = await transport.NextAsync(cancellationToken).ConfigureAwait(false);

            int count = Math.Min(buffer.Length, _piece.Length);
            _piece[..count].CopyTo(buffer);
            _piece = _piece[count..];
            return count;
        }
    }
}

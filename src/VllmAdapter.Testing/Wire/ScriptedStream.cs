using System.Net.Sockets;

namespace VllmAdapter.Testing;

/// <summary>A response body in memory. One read gives at most one piece; leaving early is a hang-up that the server notices.</summary>
internal sealed class ScriptedStream(ReplyPlayback playback, CancellationToken serverStops) : ForwardStream
{
    private ReadOnlyMemory<byte> _piece;
    private bool _ended;
    private bool _left;

    public override bool CanRead => !_left;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_left, this);
        if (buffer.IsEmpty)
            return 0;

        while (_piece.IsEmpty && !_ended)
        {
            switch (await NextOrHangUpAsync(playback, serverStops, cancellationToken).ConfigureAwait(false))
            {
                case WireStep.Piece piece:
                    _piece = piece.Bytes;
                    break;
                case null:
                    await EndAsync(playback, serverStops, cancellationToken).ConfigureAwait(false);
                    _ended = true;
                    break;
            }
        }

        int count = Math.Min(buffer.Length, _piece.Length);
        _piece[..count].CopyTo(buffer);
        _piece = _piece[count..];
        return count;
    }

    /// <summary>The next step of the reply. A canceled wait closes the connection, as it does on a socket.</summary>
    public static async ValueTask<WireStep?> NextOrHangUpAsync(
        ReplyPlayback playback, CancellationToken serverStops, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(serverStops, cancellationToken);
        try
        {
            return await playback.NextAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            playback.Leave();
            cancellationToken.ThrowIfCancellationRequested();
            throw ConnectionReset();
        }
        catch
        {
            // A gate of the script's broke: its fault comes out of the client's read.
            playback.Leave();
            throw;
        }
    }

    /// <summary>What a client sees when the reply is over before it began.</summary>
    public static async ValueTask<IOException> EndBeforeHeadersAsync(
        ReplyPlayback playback, CancellationToken serverStops, CancellationToken cancellationToken)
    {
        try
        {
            await EndAsync(playback, serverStops, cancellationToken).ConfigureAwait(false);
            return EndedPrematurely();
        }
        catch (IOException fault)
        {
            return fault;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_left)
        {
            _left = true;
            playback.Leave();
        }

        base.Dispose(disposing);
    }

    private static async ValueTask EndAsync(ReplyPlayback playback, CancellationToken serverStops, CancellationToken cancellationToken)
    {
        switch (playback.Ending)
        {
            case WireEnding.Silent:
                await StaySilentAsync(playback, serverStops, cancellationToken).ConfigureAwait(false);
                break;
            case WireEnding.Cut:
                playback.Finish();
                throw EndedPrematurely();
            case WireEnding.Reset:
                playback.Finish();
                throw ConnectionReset();
            default:
                playback.Finish();
                break;
        }
    }

    private static async Task StaySilentAsync(ReplyPlayback playback, CancellationToken serverStops, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(serverStops, cancellationToken);
        try
        {
            await new TaskCompletionSource().Task.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            playback.Leave();
            cancellationToken.ThrowIfCancellationRequested();
            throw ConnectionReset();
        }
    }

    private static HttpIOException EndedPrematurely() =>
        new(HttpRequestError.ResponseEnded, "The response ended prematurely.");

    private static IOException ConnectionReset() =>
        new("Unable to read data from the transport connection: Connection reset by peer.",
            new SocketException((int)SocketError.ConnectionReset));
}

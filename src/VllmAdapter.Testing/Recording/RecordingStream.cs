using System.Net.Sockets;

namespace VllmAdapter.Testing;

/// <summary>Notes what is read from the inner stream, with its time, and how it ends.</summary>
internal sealed class RecordingStream(Stream inner, ExchangeRecording recording) : ForwardStream
{
    public override bool CanRead => inner.CanRead;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count;
        try
        {
            count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The reader gave up on a silent server.
            recording.End(complete: false, SocketEnd.Timeout);
            throw;
        }
        catch (IOException fault)
        {
            recording.End(complete: false, IsReset(fault) ? SocketEnd.Reset : SocketEnd.Closed);
            throw;
        }

        if (count > 0)
            recording.Note(buffer.Span[..count]);
        else if (!buffer.IsEmpty)
            recording.End(complete: true, SocketEnd.Closed);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            recording.End(complete: false, SocketEnd.Closed);
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private static bool IsReset(Exception fault) =>
        fault is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted }
        || (fault.InnerException is { } cause && IsReset(cause));
}

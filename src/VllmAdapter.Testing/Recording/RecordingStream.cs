using System.Net.Sockets;

namespace VllmAdapter.Testing;

/// <summary>Notes what is read from the inner stream, with its time, and how it ends.</summary>
internal sealed class RecordingStream(Stream inner, ExchangeRecording recording) : Stream
{
    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

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

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

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

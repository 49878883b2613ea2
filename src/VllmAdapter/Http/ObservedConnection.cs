using System.Runtime.CompilerServices;

namespace VllmAdapter;

/// <summary>One HTTP/1.1 connection, which tells each request on it whether it is the first, and whether anything was answered.</summary>
internal sealed class ObservedConnection(Stream connection) : Stream
{
    private ConnectionUse? _use;
    private bool _isUsed;

    public override bool CanRead => connection.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => connection.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        BeginUse();
        return connection.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count)
    {
        BeginUse();
        connection.Write(buffer, offset, count);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<int> read = connection.ReadAsync(buffer, cancellationToken);

        // Once an answer came, and while nothing was asked, there is nothing to note.
        return _use is null or { WasAnswered: true } || buffer.IsEmpty ? read : NoteAsync(read, _use);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = connection.Read(buffer, offset, count);
        if (read > 0)
            _use?.BytesCame();

        return read;
    }

    public override void Flush() => connection.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => connection.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override ValueTask DisposeAsync() => connection.DisposeAsync();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            connection.Dispose();

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<int> NoteAsync(ValueTask<int> read, ConnectionUse use)
    {
        int count = await read.ConfigureAwait(false);
        if (count > 0)
            use.BytesCame();

        return count;
    }

    private void BeginUse()
    {
        if (ConnectionUse.Current is not { } use || ReferenceEquals(use, _use))
            return;

        use.GoesOut(isReused: _isUsed);
        (_use, _isUsed) = (use, true);
    }
}

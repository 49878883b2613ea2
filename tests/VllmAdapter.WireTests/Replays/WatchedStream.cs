namespace VllmAdapter.WireTests.Replays;

/// <summary>The client's end of a connection, which counts what was read of it and knows whether more is waited for.</summary>
internal sealed class WatchedStream(Stream inner) : Stream
{
    private readonly Lock _gate = new();
    private readonly List<(long Bytes, TaskCompletionSource Met)> _waiting = [];
    private long _read;
    private bool _waits;
    private bool _isOver;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Completes when that many bytes were read and the client waits for more; also when the connection is over.</summary>
    public Task WhenWaitsAfterAsync(long bytes)
    {
        lock (_gate)
        {
            if (HasCome(bytes))
                return Task.CompletedTask;

            var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((bytes, met));
            return met.Task.WaitAsync(RawServer.Guard);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            ValueTask<int> reading = inner.ReadAsync(buffer, cancellationToken);
            if (!reading.IsCompleted)
                Note(read: 0, waits: true);

            int count = await reading.ConfigureAwait(false);
            Note(count, waits: false, isOver: count == 0 && !buffer.IsEmpty);
            return count;
        }
        catch
        {
            Note(read: 0, waits: false, isOver: true);
            throw;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.WriteAsync(buffer, offset, count, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            Note(read: 0, waits: false, isOver: true);
        }

        base.Dispose(disposing);
    }

    private bool HasCome(long bytes) => _isOver || (_waits && _read >= bytes);

    private void Note(int read, bool waits, bool isOver = false)
    {
        lock (_gate)
        {
            _read += read;
            _waits = waits;
            _isOver |= isOver;
            foreach ((_, TaskCompletionSource met) in _waiting.Where(wait => HasCome(wait.Bytes)))
                met.TrySetResult();
        }
    }
}

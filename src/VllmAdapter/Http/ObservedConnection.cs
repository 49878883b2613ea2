using System.Threading.Tasks.Sources;

namespace VllmAdapter;

/// <summary>One HTTP/1.1 connection, which tells each request on it whether it is the first, and whether anything was answered.</summary>
/// <remarks>
/// A read that takes time is waited for without a method in between, for there is one a chunk: the connection is the source of its own
/// result. .NET's HTTP stack has one read of a connection under way at a time, and takes its result once.
/// </remarks>
internal sealed class ObservedConnection(Stream connection) : Stream, IValueTaskSource<int>
{
    private ConnectionUse? _use;
    private bool _isUsed;
    private ValueTask<int> _read;
    private short _readNumber;
    private Action? _whenRead;
    private Action<object?>? _continuation;
    private object? _continuationState;

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
        if (read.IsCompletedSuccessfully)
            return new ValueTask<int>(Noted(read.Result));

        _read = read;
        return new ValueTask<int>(this, ++_readNumber);
    }

    // The read that brings an answer may have begun before the request went out: it is how a closed connection is noticed while it is idle.
    int IValueTaskSource<int>.GetResult(short token)
    {
        ValueTask<int> read = Read(token);
        _read = default;
        _readNumber++;
#pragma warning disable CA2012 // whoever asks a source for its result was told before that it is there
        return Noted(read.GetAwaiter().GetResult());
#pragma warning restore CA2012
    }

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => Read(token) switch
    {
        { IsCompleted: false } => ValueTaskSourceStatus.Pending,
        { IsCompletedSuccessfully: true } => ValueTaskSourceStatus.Succeeded,
        { IsCanceled: true } => ValueTaskSourceStatus.Canceled,
        _ => ValueTaskSourceStatus.Faulted,
    };

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        ValueTask<int> read = Read(token);
        (_continuation, _continuationState) = (continuation, state);
        read.ConfigureAwait(flags.HasFlag(ValueTaskSourceOnCompletedFlags.UseSchedulingContext)).GetAwaiter()
            .UnsafeOnCompleted(_whenRead ??= Continue);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => Noted(connection.Read(buffer, offset, count));

    public override void Flush() => connection.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => connection.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            connection.Dispose();

        base.Dispose(disposing);
    }

    private ValueTask<int> Read(short token) => token == _readNumber
        ? _read
        : throw new InvalidOperationException("The result of a read was asked for twice, or while another read was under way.");

    private void Continue()
    {
        (Action<object?> continuation, object? state) = (_continuation!, _continuationState);
        (_continuation, _continuationState) = (null, null);
        continuation(state);
    }

    private int Noted(int count)
    {
        if (count > 0)
            _use?.BytesCame();

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

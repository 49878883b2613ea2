namespace VllmAdapter;

/// <summary>Makes a body heed the token of a read although it does not itself: streams of handlers other than .NET's own may be deaf.</summary>
/// <remarks>
/// A body that was told to stop has a moment for it, and what it brings in that moment counts. A read that is given up goes on in a buffer
/// of its own, which nobody else uses; what it still brings is lost with the body.
/// </remarks>
internal sealed class HeedingStream : ForwardStream
{
    private readonly Stream _body;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private Task<int>? _underWay;
    private int _at;
    private int _length;

    private HeedingStream(Stream body) => _body = body;

    /// <summary>The body itself if it is one of a connection of .NET's own, which are known to heed their token.</summary>
    public static Stream Of(HttpContent content, Stream body) =>
        content is not StreamContent && body.GetType().Assembly == typeof(HttpClient).Assembly ? body : new HeedingStream(body);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_at < _length)
            return new ValueTask<int>(Take(buffer));

        if (_underWay is null)
        {
            ValueTask<int> read = _body.ReadAsync(_buffer, cancellationToken);
            if (read.IsCompletedSuccessfully)
            {
                (_at, _length) = (0, read.Result);
                return new ValueTask<int>(Take(buffer));
            }

            _underWay = read.AsTask();
        }

        return FinishAsync(buffer, cancellationToken);
    }

    private async ValueTask<int> FinishAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Task<int> read = _underWay!;
        try
        {
            await read.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!read.IsCompleted)
        {
            await Task.WhenAny(read, Task.Delay(BoundedBody.Patience, TimeProvider.System, CancellationToken.None)).ConfigureAwait(false);
            if (!read.IsCompleted)
                throw;
        }

        int length = await read.ConfigureAwait(false);
        (_underWay, _at, _length) = (null, 0, length);
        return Take(buffer);
    }

    private int Take(Memory<byte> buffer)
    {
        int count = Math.Min(_length - _at, buffer.Length);
        _buffer.AsSpan(_at, count).CopyTo(buffer.Span);
        _at += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _body.Dispose();

        base.Dispose(disposing);
    }
}

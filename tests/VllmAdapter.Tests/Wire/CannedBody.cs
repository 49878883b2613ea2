namespace VllmAdapter.Tests.Wire;

/// <summary>A response body that hands out given pieces and then ends, breaks or keeps silent.</summary>
internal sealed class CannedBody(IReadOnlyList<ReadOnlyMemory<byte>> pieces, BodyEnding ending, Action? onSilence = null) : ForwardStream
{
    private int _piece;
    private int _at;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (_piece < pieces.Count && _at == pieces[_piece].Length)
            (_piece, _at) = (_piece + 1, 0);

        if (_piece < pieces.Count)
        {
            ReadOnlyMemory<byte> rest = pieces[_piece][_at..];
            int count = Math.Min(rest.Length, buffer.Length);
            rest.Span[..count].CopyTo(buffer.Span);
            _at += count;
            return count;
        }

        if (ending == BodyEnding.Broken)
            throw new HttpIOException(HttpRequestError.ResponseEnded, "The response ended prematurely.");

        while (ending == BodyEnding.Silent)
        {
            // Time goes by until the reader gives up.
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            onSilence?.Invoke();
        }

        return 0;
    }
}

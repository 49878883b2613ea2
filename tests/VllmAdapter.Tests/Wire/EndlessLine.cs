namespace VllmAdapter.Tests.Wire;

/// <summary>A body that goes on with one line for as long as somebody reads, up to a length.</summary>
internal sealed class EndlessLine(byte[] start, long length) : ForwardStream
{
    public long BytesRead { get; private set; }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count;
        if (BytesRead < start.Length)
        {
            count = (int)Math.Min(buffer.Length, start.Length - BytesRead);
            start.AsSpan((int)BytesRead, count).CopyTo(buffer.Span);
        }
        else
        {
            count = (int)Math.Min(buffer.Length, length - BytesRead);
            buffer.Span[..count].Fill((byte)'a');
        }

        BytesRead += count;
        return new ValueTask<int>(count);
    }
}

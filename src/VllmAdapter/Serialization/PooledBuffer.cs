using System.Buffers;

namespace VllmAdapter;

/// <summary>A buffer to write into, lent by the shared pool until it is disposed.</summary>
internal sealed class PooledBuffer(int room) : IBufferWriter<byte>, IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(room);
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _bytes.AsSpan(_length);
    }

    public void Dispose()
    {
        byte[] bytes = _bytes;
        (_bytes, _length) = ([], 0);
        ArrayPool<byte>.Shared.Return(bytes);
    }

    private void MakeRoom(int atLeast)
    {
        if (_bytes.Length - _length >= Math.Max(1, atLeast))
            return;

        long doubled = Math.Max(_length + (long)Math.Max(1, atLeast), 2L * _bytes.Length);
        byte[] larger = ArrayPool<byte>.Shared.Rent(checked((int)Math.Min(doubled, Math.Max(Array.MaxLength, _length + (long)atLeast))));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}

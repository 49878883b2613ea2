using System.Buffers;

namespace VllmAdapter;

/// <summary>A buffer to write into, lent by the shared pool until it is given back. A large one is as large as it has to be, and its own.</summary>
internal sealed class PooledBuffer : IBufferWriter<byte>
{
    private const int MostLent = 256 * 1024;

    private byte[] _bytes = [];
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>Takes room, in bytes. More is taken where that is not enough.</summary>
    public void Lend(int room)
    {
        GiveBack();
        _bytes = Take(room);
    }

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

    /// <summary>Gives back what was lent; nobody may look at it any more.</summary>
    public void GiveBack()
    {
        byte[] bytes = _bytes;
        (_bytes, _length) = ([], 0);
        GiveBack(bytes);
    }

    private void MakeRoom(int atLeast)
    {
        if (_bytes.Length - _length >= Math.Max(1, atLeast))
            return;

        long doubled = Math.Max(_length + (long)Math.Max(1, atLeast), 2L * _bytes.Length);
        byte[] larger = Take(checked((int)Math.Min(doubled, Math.Max(Array.MaxLength, _length + (long)atLeast))));
        Written.CopyTo(larger);
        GiveBack(_bytes);
        _bytes = larger;
    }

    private static byte[] Take(int room) =>
        room <= MostLent ? ArrayPool<byte>.Shared.Rent(room) : GC.AllocateUninitializedArray<byte>(room);

    private static void GiveBack(byte[] bytes)
    {
        if (bytes.Length is > 0 and <= MostLent)
            ArrayPool<byte>.Shared.Return(bytes);
    }
}

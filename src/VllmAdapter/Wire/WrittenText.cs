using System.Buffers;

namespace VllmAdapter;

/// <summary>A text as far as its pieces have come, as they are written: what tells it whole later may add to it, and never says it twice.</summary>
internal sealed class WrittenText
{
    private readonly ArrayBufferWriter<byte> _inside = new();

    public bool IsEmpty => _inside.WrittenCount == 0;

    /// <summary>What came, between quotes.</summary>
    public ReadOnlySpan<byte> Written => Quoted(_inside.WrittenSpan);

    public void Add(ReadOnlySpan<byte> piece) => _inside.Write(RawFields.Unquoted(piece));

    /// <summary>What a whole text adds to what came, between quotes; empty if it repeats it, or does not begin with it.</summary>
    public byte[] RestOf(ReadOnlySpan<byte> whole)
    {
        ReadOnlySpan<byte> inside = RawFields.Unquoted(whole);
        return inside.Length > _inside.WrittenCount && inside.StartsWith(_inside.WrittenSpan) ? Quoted(inside[_inside.WrittenCount..]) : [];
    }

    private static byte[] Quoted(ReadOnlySpan<byte> inside) => [(byte)'"', .. inside, (byte)'"'];
}

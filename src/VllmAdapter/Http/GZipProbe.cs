using System.IO.Compression;

namespace VllmAdapter;

/// <summary>
/// A gzip member that is put behind the end of a body. A body may be made of several members, so a decoder that came to the end of one
/// reads it as the next; a decoder that was cut inside a member makes something else of it, or fails.
/// </summary>
internal static class GZipProbe
{
    /// <summary>What the decoder is to make of it.</summary>
    public static ReadOnlySpan<byte> Content => "whole to the end"u8;

    public static byte[] Member { get; } = Compress(Content);

    private static byte[] Compress(ReadOnlySpan<byte> content)
    {
        var member = new MemoryStream();
        using (var gzip = new GZipStream(member, CompressionLevel.NoCompression))
            gzip.Write(content);

        return member.ToArray();
    }
}

using System.IO.Compression;

namespace VllmAdapter;

/// <summary>Reads through what a gateway compressed, although nobody asked it to.</summary>
internal static class Decompression
{
    /// <summary>The body as it was before it was compressed; the body itself if it was not.</summary>
    public static Stream Of(HttpResponseMessage response, Stream wire) =>
        response.Content.Headers.ContentEncoding.LastOrDefault()?.ToUpperInvariant() switch
        {
            "GZIP" or "X-GZIP" => GZip(new CompressedStream(wire, GZipProbe.Member)),
            "DEFLATE" => ZLib(new CompressedStream(wire)),
            "BR" => Brotli(new CompressedStream(wire)),
            _ => wire,
        };

    private static DecompressedStream GZip(CompressedStream compressed) =>
        new(new GZipStream(compressed, CompressionMode.Decompress), compressed);

    private static DecompressedStream ZLib(CompressedStream compressed) =>
        new(new ZLibStream(compressed, CompressionMode.Decompress), compressed);

    private static DecompressedStream Brotli(CompressedStream compressed) =>
        new(new BrotliStream(compressed, CompressionMode.Decompress), compressed);
}

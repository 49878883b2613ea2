using System.Buffers.Binary;
using System.IO.Compression;

namespace VllmAdapter;

/// <summary>Reads through what a gateway compressed, although nobody asked it to.</summary>
/// <remarks>
/// The decompressors of .NET end quietly where their input was cut. What gateways use is gzip, and that closes with a count of what it
/// holds, so that a body without its end can be told from a whole one.
/// </remarks>
internal static class Decompression
{
    /// <summary>The body as it was before it was compressed; the body itself if it was not.</summary>
    public static Stream Of(HttpResponseMessage response, Stream wire) =>
        response.Content.Headers.ContentEncoding.LastOrDefault()?.ToUpperInvariant() switch
        {
            "GZIP" or "X-GZIP" => new WholeGZip(new TailedStream(wire)),
            "DEFLATE" => new ZLibStream(wire, CompressionMode.Decompress),
            "BR" => new BrotliStream(wire, CompressionMode.Decompress),
            _ => wire,
        };

    // Closes with the number of bytes it holds, modulo 2^32.
    private sealed class WholeGZip(TailedStream wire) : GZipStream(wire, CompressionMode.Decompress)
    {
        private long _length;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            _length += count;
            return count > 0 || BinaryPrimitives.ReadUInt32LittleEndian(wire.Tail) == (uint)_length
                ? count
                : throw new EndOfStreamException("The compressed body ended before its end.");
        }
    }

    // Remembers the last four bytes that came.
    private sealed class TailedStream(Stream wire) : ForwardStream
    {
        private readonly byte[] _tail = new byte[sizeof(uint)];

        public ReadOnlySpan<byte> Tail => _tail;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = await wire.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            int kept = Math.Min(count, _tail.Length);
            _tail.AsSpan(kept).CopyTo(_tail);
            buffer.Span[(count - kept)..count].CopyTo(_tail.AsSpan(_tail.Length - kept));
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                wire.Dispose();

            base.Dispose(disposing);
        }
    }
}

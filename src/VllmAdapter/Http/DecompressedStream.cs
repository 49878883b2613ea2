namespace VllmAdapter;

/// <summary>A body as it was before it was compressed, which tells its end from a cut.</summary>
/// <remarks>
/// The decoders of .NET end quietly where their input was cut. And they end where the compressed data do, although it is only behind those
/// that a cut connection shows: Apache's brotli closes the data of a stream that broke, and only then lets the connection break.
/// </remarks>
internal sealed class DecompressedStream(Stream decoder, CompressedStream compressed) : ForwardStream
{
    // Some pad a body with zeros. What goes on for longer is no padding.
    private const int LongestPadding = 1024 * 1024;

    private bool _hasEnded;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_hasEnded || buffer.IsEmpty)
            return 0;

        int count = await ReadOrBreakAsync(buffer, cancellationToken).ConfigureAwait(false);

        // A decoder asks for more only after it has given out all that it had: what comes now is made of the probe.
        if (compressed is { HasEnded: true, HasProbe: true })
            await ReadProbeAsync(buffer[..count], cancellationToken).ConfigureAwait(false);
        else if (count > 0)
            return count;
        else if (!compressed.HasEnded)
            await ReadPaddingAsync(cancellationToken).ConfigureAwait(false);
        else if (!compressed.IsEmpty)
            throw Cut();

        _hasEnded = true;
        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            decoder.Dispose();

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadOrBreakAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await decoder.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException broken) when (compressed.HasEnded)
        {
            throw Cut(broken);
        }
        catch (InvalidOperationException broken) when (broken is not ObjectDisposedException)
        {
            // That is how the decoder of brotli says so.
            throw new InvalidDataException("The compressed body cannot be read.", broken);
        }
    }

    private async ValueTask ReadProbeAsync(ReadOnlyMemory<byte> first, CancellationToken cancellationToken)
    {
        byte[] read = new byte[GZipProbe.Content.Length + 1];
        if (first.Length >= read.Length)
            throw Cut();

        first.CopyTo(read);
        int length = first.Length;
        int count = length;
        while (count > 0 && length < read.Length)
        {
            count = await ReadOrBreakAsync(read.AsMemory(length), cancellationToken).ConfigureAwait(false);
            length += count;
        }

        if (!read.AsSpan(0, length).SequenceEqual(GZipProbe.Content))
            throw Cut();
    }

    private async ValueTask ReadPaddingAsync(CancellationToken cancellationToken)
    {
        byte[] padding = new byte[4 * 1024];
        for (int length = 0; length <= LongestPadding;)
        {
            int count = await compressed.ReadAsync(padding, cancellationToken).ConfigureAwait(false);
            if (compressed.HasEnded)
                return;

            length += count;
        }

        throw new InvalidDataException("The compressed body goes on past its end.");
    }

    private static EndOfStreamException Cut(Exception? inner = null) => new("The compressed body ended before its end.", inner);
}

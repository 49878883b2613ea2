namespace VllmAdapter;

/// <summary>The compressed bytes under a decoder, which remembers whether the decoder asked for more than there was.</summary>
/// <param name="wire">The body as it comes.</param>
/// <param name="probe">Bytes to put behind its end; none by default.</param>
internal sealed class CompressedStream(Stream wire, byte[]? probe = null) : ForwardStream
{
    private int _probed;

    /// <summary>Whether the wire's end was read.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Whether there was nothing at all.</summary>
    public bool IsEmpty { get; private set; } = true;

    public bool HasProbe => probe is not null;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!HasEnded)
        {
            int count = await wire.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            HasEnded = count == 0 && !buffer.IsEmpty;
            IsEmpty &= count == 0;
            if (!HasEnded)
                return count;
        }

        ReadOnlyMemory<byte> rest = probe.AsMemory(_probed);
        rest = rest[..Math.Min(rest.Length, buffer.Length)];
        rest.CopyTo(buffer);
        _probed += rest.Length;
        return rest.Length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            wire.Dispose();

        base.Dispose(disposing);
    }
}

namespace VllmAdapter.Tool.Guard;

/// <summary>Finds where the frames of an event stream end: at a blank line, whatever its line ends are.</summary>
internal struct FrameScanner
{
    private int _lineStart;
    private int _scanned;

    /// <summary>The length of the first frame with its blank line; 0 if its end has not come.</summary>
    /// <param name="bytes">What came since the last frame. What was looked at before is not looked at again.</param>
    public int LengthOfFirst(ReadOnlySpan<byte> bytes)
    {
        while (bytes[_scanned..].IndexOfAny((byte)'\n', (byte)'\r') is >= 0 and var offset)
        {
            int at = _scanned + offset;
            if (bytes[at] == '\r' && at + 1 == bytes.Length)
            {
                // The other half of the line end may be on its way.
                _scanned = at;
                return 0;
            }

            bool isPair = bytes[at] == '\r' && at + 1 < bytes.Length && bytes[at + 1] == '\n';
            int next = at + (isPair ? 2 : 1);
            bool isBlank = at == _lineStart;
            (_lineStart, _scanned) = (next, next);
            if (!isBlank)
                continue;

            this = default;
            return next;
        }

        _scanned = bytes.Length;
        return 0;
    }

    /// <summary>Cuts bytes into frames; what is left without a blank line is the last one.</summary>
    public static List<byte[]> Split(ReadOnlySpan<byte> bytes)
    {
        List<byte[]> frames = [];
        var scanner = new FrameScanner();
        while (scanner.LengthOfFirst(bytes) is > 0 and var length)
        {
            frames.Add(bytes[..length].ToArray());
            bytes = bytes[length..];
        }

        if (!bytes.IsEmpty)
            frames.Add(bytes.ToArray());

        return frames;
    }
}

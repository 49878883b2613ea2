using System.Text;

namespace VllmAdapter;

/// <summary>What a body turns out to hold.</summary>
internal enum BodyKind
{
    Events = 1,
    Json,
    Html,
    Text,
    Nothing,
}

internal static class BodyKinds
{
    /// <summary>Tells by its first bytes what a body holds; null if there are too few.</summary>
    /// <param name="start">The bytes read so far.</param>
    /// <param name="isEnd">Whether no more come.</param>
    public static BodyKind? Of(ReadOnlySpan<byte> start, bool isEnd)
    {
        if (!isEnd && start.Length < Encoding.UTF8.Preamble.Length && Encoding.UTF8.Preamble.StartsWith(start))
            return null;

        if (start.StartsWith(Encoding.UTF8.Preamble))
            start = start[Encoding.UTF8.Preamble.Length..];

        start = start.TrimStart(" \t\r\n"u8);
        if (start.IsEmpty)
            return isEnd ? BodyKind.Nothing : null;

        int name = start.IndexOfAny(":\r\n"u8);
        return start[0] switch
        {
            (byte)'{' or (byte)'[' => BodyKind.Json,
            (byte)'<' => BodyKind.Html,
            (byte)':' => BodyKind.Events,
            _ when name < 0 && !isEnd && MayBecomeAField(start) => null,
            _ when LineScanner.IsField(name < 0 ? start : start[..name], isCut: name < 0) || start.StartsWith(LineScanner.ErrorField) => BodyKind.Events,
            _ => BodyKind.Text,
        };
    }

    private static bool MayBecomeAField(ReadOnlySpan<byte> start) => LineScanner.IsField(start, isCut: true) || LineScanner.ErrorField.StartsWith(start);
}

namespace VllmAdapter;

/// <summary>The way by which a server's words reach a sentence.</summary>
internal static class ServerText
{
    /// <summary>The text on one line, and no longer than <paramref name="limit"/>; null if nothing is left.</summary>
    public static string? Quote(string? text, int limit = 300) =>
        text is null ? null : Excerpt.Cut(Excerpt.Fold(text.Length > 4 * limit ? text[..(4 * limit)] : text), limit) is { Length: > 0 } quote ? quote : null;
}

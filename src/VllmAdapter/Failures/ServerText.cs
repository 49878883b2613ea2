using System.Text;

namespace VllmAdapter;

/// <summary>The one way for a server's words into a sentence, a line of the log, a span or a measurement.</summary>
/// <remarks>
/// In this order: keys are hidden, what the server repeats of the request is left out, the rest is put on one line and then cut. Cutting
/// before hiding would leave the beginning of a key.
/// </remarks>
internal static class ServerText
{
    private const char Escape = '\u001b';

    /// <summary>One bounded line to quote; null if there is nothing to quote.</summary>
    /// <param name="text">Words of the server's; keys are hidden in them already.</param>
    /// <param name="limit">The most characters; one more says that the words were cut.</param>
    internal static string? Quote(string? text, int limit = 300) =>
        Fold(RepeatedRequest.Quote(text), limit) is { Length: > 0 } quote ? quote : null;

    /// <inheritdoc cref="Quote(string?, int)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="text">Words of the server's, or of whoever repeats them.</param>
    /// <param name="secrets">What is hidden in them.</param>
    /// <param name="limit">The most characters; one more says that the words were cut.</param>
    internal static string? Quote(string? text, Secrets secrets, int limit = 300) => Quote(secrets.Hide(text), limit);

    /// <summary>The beginning of a text. Keys are to be hidden in it before.</summary>
    public static string Cut(string text, int limit)
    {
        if (text.Length <= limit)
            return text;

        // Half a surrogate pair is no text.
        int end = limit > 0 && char.IsHighSurrogate(text[limit - 1]) ? limit - 1 : limit;
        return string.Concat(text.AsSpan(0, end), "…");
    }

    /// <summary>The text on one line, and cut. No more of it is looked at than is kept.</summary>
    public static string Fold(string text, int limit)
    {
        var folded = new StringBuilder(Math.Min(text.Length, limit + 1));
        bool isGap = false;
        for (int i = 0; i < text.Length && folded.Length <= limit; i++)
        {
            char c = text[i];
            if (c == Escape)
                i += TerminalSequence(text.AsSpan(i + 1));

            if (IsGap(c))
            {
                isGap = folded.Length > 0;
                continue;
            }

            if (isGap)
                folded.Append(' ');

            isGap = false;
            folded.Append(c);
        }

        return Cut(folded.ToString(), limit).TrimEnd(' ');
    }

    // Blanks, line ends, control characters, and what turns the direction of a line around.
    private static bool IsGap(char c) =>
        char.IsWhiteSpace(c) || char.IsControl(c) || c is '\u061c' or '\u200e' or '\u200f' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    // What follows the escape character: "[31m" and its like, which would colour or move what stands around it.
    private static int TerminalSequence(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text[0] != '[')
            return 0;

        int end = text[1..].IndexOfAnyInRange('@', '~');
        return end < 0 || text[1..(end + 1)].ContainsAnyExceptInRange(' ', '?') ? 1 : end + 2;
    }
}

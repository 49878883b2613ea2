using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;

namespace VllmAdapter;

/// <summary>
/// Finds words in a text in which each character may be escaped: as in JSON (<c>\/</c>, <c>\u002d</c>, also inside JSON inside JSON), in
/// Python (<c>\x2d</c>), in a URL (<c>%2d</c>) or in HTML (<c>&amp;#45;</c>).
/// </summary>
internal static class EscapedText
{
    private const int LongestEntity = 10;

    private static readonly SearchValues<char> Signs = SearchValues.Create("\\%&");

    public static bool HasEscapes(string text) => text.AsSpan().ContainsAny(Signs);

    /// <summary>Replaces the words wherever they stand, escaped or not. Takes time in proportion to the text.</summary>
    public static string Replace(string text, string words, string by)
    {
        // What reads like an escape in the words themselves reads so in the text, too.
        string wanted = Plain(words, jumps: null);
        List<(int At, int Source)> jumps = [(0, 0)];
        string plain = Plain(text, jumps);
        int found = plain.IndexOf(wanted, StringComparison.Ordinal);
        if (found < 0 || wanted.Length == 0)
            return text;

        var result = new StringBuilder(text.Length);
        int copied = 0, jump = 0;
        for (; found >= 0; found = plain.IndexOf(wanted, found + wanted.Length, StringComparison.Ordinal))
        {
            result.Append(text, copied, SourceOf(found) - copied).Append(by);
            copied = SourceOf(found + wanted.Length);
        }

        return result.Append(text, copied, text.Length - copied).ToString();

        int SourceOf(int at)
        {
            while (jump + 1 < jumps.Count && jumps[jump + 1].At <= at)
                jump++;

            return jumps[jump].Source + at - jumps[jump].At;
        }
    }

    // The text without escapes. After each of them the jumps say where in the text the next character stands.
    private static string Plain(string text, List<(int At, int Source)>? jumps)
    {
        var plain = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length;)
        {
            int literal = text.AsSpan(i).IndexOfAny(Signs) is >= 0 and var sign ? sign : text.Length - i;
            plain.Append(text, i, literal);
            i += literal;
            if (i == text.Length)
                break;

            int length = ReadEscape(text.AsSpan(i), out char character);
            plain.Append(character);
            i += length;
            if (length > 1)
                jumps?.Add((plain.Length, i));
        }

        return plain.ToString();
    }

    private static int ReadEscape(ReadOnlySpan<char> text, out char character)
    {
        int length = text[0] switch
        {
            '\\' => ReadBackslashes(text, out character),
            '%' => ReadPercent(text, out character),
            _ => ReadEntity(text, out character),
        };
        if (length == 0)
            character = text[0];

        return Math.Max(length, 1);
    }

    // JSON that is a string in JSON doubles its backslashes, each time anew.
    private static int ReadBackslashes(ReadOnlySpan<char> text, out char character)
    {
        int slashes = text.IndexOfAnyExcept('\\');
        character = '\\';
        if (slashes < 0)
            return text.Length;

        ReadOnlySpan<char> rest = text[slashes..];
        int digits = rest[0] switch
        {
            'u' => 4,
            'x' => 2,
            _ => 0,
        };
        if (digits > 0 && ReadHex(rest[1..], digits, out character))
            return slashes + 1 + digits;

        character = rest[0];
        return slashes + 1;
    }

    // "%25" is the sign itself, escaped once more.
    private static int ReadPercent(ReadOnlySpan<char> text, out char character)
    {
        int at = 1;
        while (text[at..].StartsWith("25", StringComparison.Ordinal) && ReadHex(text[(at + 2)..], 2, out _))
            at += 2;

        return ReadHex(text[at..], 2, out character) ? at + 2 : 0;
    }

    private static int ReadEntity(ReadOnlySpan<char> text, out char character)
    {
        character = '&';
        int end = text[..Math.Min(text.Length, LongestEntity)].IndexOf(';');
        if (end < 0 || WebUtility.HtmlDecode(text[..(end + 1)].ToString()) is not [var read])
            return 0;

        character = read;
        return end + 1;
    }

    private static bool ReadHex(ReadOnlySpan<char> text, int digits, out char character)
    {
        bool isHex = ushort.TryParse(
            text[..Math.Min(text.Length, digits)], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code)
            && text.Length >= digits;
        character = (char)code;
        return isHex;
    }
}

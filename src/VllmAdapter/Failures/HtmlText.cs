using System.Net;
using System.Text;

namespace VllmAdapter;

/// <summary>The words of a proxy's error page: its title, or else its first text.</summary>
internal static class HtmlText
{
    private const int Scanned = 64 * 1024;
    private const int Kept = 500;

    public static bool Looks(string? contentType, string text) =>
        contentType?.Contains("html", StringComparison.OrdinalIgnoreCase) == true
        || text.StartsWith("<!doctype", StringComparison.OrdinalIgnoreCase)
        || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase);

    public static string? Read(string html)
    {
        ReadOnlySpan<char> scanned = html.AsSpan(0, Math.Min(html.Length, Scanned));
        return Words(Element(scanned, "<title", "</title")) ?? Words(scanned);
    }

    private static ReadOnlySpan<char> Element(ReadOnlySpan<char> html, string open, string close)
    {
        int start = html.IndexOf(open, StringComparison.OrdinalIgnoreCase);
        if (start < 0)
        {
            return [];
        }

        ReadOnlySpan<char> from = html[start..];
        int end = from.IndexOf(close, StringComparison.OrdinalIgnoreCase);
        return end < 0 ? [] : from[..end];
    }

    private static string? Words(ReadOnlySpan<char> html)
    {
        var text = new StringBuilder();
        while (html.Length > 0)
        {
            int tag = html.IndexOf('<');
            text.Append(tag < 0 ? html : html[..tag]).Append(' ');
            html = tag < 0 ? [] : AfterTag(html[tag..]);
        }

        string words = ServerText.Fold(WebUtility.HtmlDecode(text.ToString()), Kept);
        return words.Length == 0 ? null : words;
    }

    // Scripts, styles and comments hold no words for people.
    private static ReadOnlySpan<char> AfterTag(ReadOnlySpan<char> html)
    {
        string end =
            html.StartsWith("<!--", StringComparison.Ordinal) ? "-->"
            : html.StartsWith("<script", StringComparison.OrdinalIgnoreCase) ? "</script>"
            : html.StartsWith("<style", StringComparison.OrdinalIgnoreCase) ? "</style>"
            : ">";

        int at = html.IndexOf(end, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? [] : html[(at + end.Length)..];
    }
}

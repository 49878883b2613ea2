using System.Globalization;

namespace VllmAdapter.Tool.Explain;

/// <summary>How numbers and foreign texts are written.</summary>
internal static class Wording
{
    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Count(long count, string thing) => count == 1 ? $"1 {thing}" : $"{Number(count)} {thing}s";

    public static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.00 s", CultureInfo.InvariantCulture);

    /// <summary>Words with a capital at the front and a full stop at the end.</summary>
    public static string Sentence(string words) => $"{char.ToUpperInvariant(words[0])}{words[1..].TrimEnd('.')}.";

    /// <summary>A text in quotes on one line, its middle left out if it is long.</summary>
    public static string Quote(string text, int most = 160) => $"\"{OneLine(text, most)}\"";

    /// <summary>A text on one line, its middle left out if it is long.</summary>
    public static string OneLine(string text, int most = 160)
    {
        int tail = most / 4;
        string shown = text.Length <= most ? text : $"{text[..(most - tail)]} [...] {text[^tail..]}";
        return string.Concat(shown.Select(static letter => letter switch
        {
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            _ when char.IsControl(letter) => $"\\u{(int)letter:x4}",
            _ => letter.ToString(),
        }));
    }
}

using System.Text;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Finds what a server's words have in common with the messages of the request, wherever they repeat them.</summary>
/// <remarks>A gateway that is overloaded may well print what it was asked; nobody's prompt belongs in a log.</remarks>
internal static class RequestEcho
{
    // So many characters in a row are no accident; a whole message is none either, if it is not a mere word.
    private const int Window = 16;
    private const int ShortestMessage = 8;
    private const int LongestWords = 4096;
    private const ulong Base = 1_099_511_628_211;

    private static readonly HashSet<string> Fields = new(StringComparer.Ordinal)
    {
        "content", "text", "arguments", "reasoning", "reasoning_content", "prompt", "suffix", "input", "query", "documents", "text_1", "text_2",
    };

    /// <summary>The words with every passage left out that stands in the request's messages, too.</summary>
    /// <param name="words">Words of the server's; no more than their first 4,096 characters are kept.</param>
    /// <param name="body">The request's body; empty if it has none.</param>
    public static string? Remove(string? words, ReadOnlyMemory<byte> body)
    {
        if (words is null || words.Length < ShortestMessage || body.IsEmpty)
            return words;

        words = ServerText.Cut(words, LongestWords);
        bool[] isRepeated = new bool[words.Length];
        Dictionary<ulong, List<int>> windows = WindowsOf(words);
        foreach (string text in TextsOf(body.Span))
        {
            if (text.Length < Window)
                MarkWhole(words, text, isRepeated);
            else
                MarkPassages(words, text, windows, isRepeated);
        }

        return isRepeated.Contains(true) ? Without(words, isRepeated) : words;
    }

    // All that a user, a model or a tool wrote; pictures and sounds are no text.
    private static List<string> TextsOf(ReadOnlySpan<byte> body)
    {
        List<string> texts = [];
        var reader = new Utf8JsonReader(body, JsonText.Reading);
        bool isText = false;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                    isText = Fields.Contains(reader.ValueIsEscaped ? "" : Encoding.UTF8.GetString(reader.ValueSpan));
                else if (isText && reader.TokenType == JsonTokenType.String && !reader.ValueSpan.StartsWith("data:"u8))
                    texts.Add(JsonText.Read(ref reader));
            }
        }
        catch (JsonException)
        {
            // What was read until here is compared.
        }

        return texts;
    }

    private static void MarkWhole(string words, string text, bool[] isRepeated)
    {
        if (text.Trim().Length < ShortestMessage)
            return;

        for (int at = 0; (at = words.IndexOf(text, at, StringComparison.Ordinal)) >= 0; at += text.Length)
            isRepeated.AsSpan(at, text.Length).Fill(true);
    }

    private static void MarkPassages(string words, string text, Dictionary<ulong, List<int>> windows, bool[] isRepeated)
    {
        if (windows.Count == 0)
            return;

        foreach (var (at, hash) in Hashes(text))
        {
            if (!windows.TryGetValue(hash, out List<int>? places))
                continue;

            foreach (int place in places)
            {
                if (text.AsSpan(at, Window).SequenceEqual(words.AsSpan(place, Window)))
                    isRepeated.AsSpan(place, Window).Fill(true);
            }

            // Marked once is marked for good, however often the message says it.
            windows.Remove(hash);
        }
    }

    private static Dictionary<ulong, List<int>> WindowsOf(string words)
    {
        Dictionary<ulong, List<int>> windows = [];
        foreach (var (at, hash) in Hashes(words))
        {
            if (windows.TryGetValue(hash, out List<int>? places))
                places.Add(at);
            else
                windows.Add(hash, [at]);
        }

        return windows;
    }

    // A hash that rolls: each window costs the same, however long it is.
    private static IEnumerable<(int At, ulong Hash)> Hashes(string text)
    {
        ulong first = 1;
        for (int i = 1; i < Window; i++)
            first = unchecked(first * Base);

        ulong hash = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (i >= Window)
                hash = unchecked(hash - (text[i - Window] * first));

            hash = unchecked((hash * Base) + text[i]);
            if (i >= Window - 1)
                yield return (i - Window + 1, hash);
        }
    }

    private static string Without(string words, bool[] isRepeated)
    {
        var own = new StringBuilder(words.Length);
        for (int i = 0; i < words.Length; i++)
        {
            if (!isRepeated[i])
                own.Append(words[i]);
            else if (i == 0 || !isRepeated[i - 1])
                own.Append("[…]");
        }

        return own.ToString();
    }
}

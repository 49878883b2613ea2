namespace VllmAdapter.Testing;

/// <summary>A small tokenizer of the fake server's own: the same text always has the same tokens, and joined they are the text again.</summary>
/// <remarks>
/// A token is a run of at most four letters or digits with the blank before it, a marker such as <c>&lt;|im_start|&gt;</c>, or any other single
/// character. Ids are given out as tokens are first seen.
/// </remarks>
internal sealed class Tokenizer
{
    /// <summary>Ids from here on are no tokens.</summary>
    public const int Vocabulary = 151_936;

    private const int LongestRun = 4;
    private const int FirstId = 100;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<string> _tokens = [];

    public static IReadOnlyList<string> Split(string text)
    {
        var tokens = new List<string>();
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = EndOfToken(text, start);
            tokens.Add(text[start..end]);
        }

        return tokens;
    }

    public static int Count(string text) => Split(text).Count;

    public IReadOnlyList<int> Encode(string text)
    {
        lock (_gate)
            return [.. Split(text).Select(IdOf)];
    }

    public string Decode(IEnumerable<int> ids)
    {
        lock (_gate)
            return string.Concat(ids.Select(id => id - FirstId is var index && index >= 0 && index < _tokens.Count ? _tokens[index] : "\uFFFD"));
    }

    private static int EndOfToken(string text, int start)
    {
        if (text.AsSpan(start).StartsWith("<|", StringComparison.Ordinal) && text.IndexOf("|>", start, StringComparison.Ordinal) is var marker and > 0)
            return marker + 2;

        int run = text[start] == ' ' ? start + 1 : start;
        int end = run;
        while (end < text.Length && end - run < LongestRun && char.IsLetterOrDigit(text[end]))
            end++;
        if (end > run)
            return end;
        return char.IsHighSurrogate(text[start]) && start + 1 < text.Length ? start + 2 : start + 1;
    }

    private int IdOf(string token)
    {
        if (!_ids.TryGetValue(token, out int id))
        {
            id = _ids[token] = FirstId + _tokens.Count;
            _tokens.Add(token);
        }

        return id;
    }
}

namespace VllmAdapter;

/// <summary>What must show in no text of the server's: the keys that a request carries, however they are spelled.</summary>
/// <remarks>
/// Gateways are known to repeat the key that they refuse: as it is, in JSON's or a URL's spelling, in base64, and .NET writes a broken chunk
/// size as hexadecimal digits.
/// </remarks>
internal sealed class Secrets
{
    private const string Hidden = "***";

    private readonly string[] _keys;
    private readonly SecretSpellings _spellings;

    private Secrets(string[] keys) => (_keys, _spellings) = (keys, SecretSpellings.Of(keys));

    public static Secrets None { get; } = new([]);

    /// <summary>The keys of a call: the adapter's own, and those that its headers bring.</summary>
    public static Secrets Of(string? apiKey, RequestHeaders? headers = null) => None.And([apiKey ?? ""]).With(headers);

    /// <summary>These keys and those that the headers bring.</summary>
    public Secrets With(RequestHeaders? headers) => headers is null ? this : And(Credentials.In(headers));

    /// <summary>These keys and one more, if there is one.</summary>
    public Secrets And(string? key) => key is null ? this : And([key]);

    private Secrets And(IEnumerable<string> more)
    {
        // The longest first, for one key may hold another.
        string[] keys = [.. _keys.Concat(more).Where(key => key.Length > 0).Distinct(StringComparer.Ordinal).OrderByDescending(key => key.Length)];
        return keys.Length == _keys.Length ? this : new Secrets(keys);
    }

    /// <summary>The text with every spelling of a key hidden. To be called before anything is cut off the text.</summary>
    public string? Hide(string? text)
    {
        if (text is null || text.Length < _spellings.Shortest)
            return text;

        foreach (string spelling in _spellings.Exact)
            text = text.Replace(spelling, Hidden, StringComparison.Ordinal);

        foreach (string spelling in _spellings.InAnyCase)
            text = text.Replace(spelling, Hidden, StringComparison.OrdinalIgnoreCase);

        return EscapedText.HasEscapes(text) ? _keys.Aggregate(text, static (text, key) => EscapedText.Replace(text, key, Hidden)) : text;
    }

    /// <summary>Whether the text holds a key.</summary>
    public bool AreIn(string? text) => !string.Equals(Hide(text), text, StringComparison.Ordinal);
}

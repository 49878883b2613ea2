namespace VllmAdapter;

/// <summary>What must show in no text of the server's: the keys that a request carries, however they are spelled.</summary>
internal sealed class Secrets
{
    private readonly string[] _spellings;

    private Secrets(string[] spellings) => _spellings = spellings;

    public static Secrets None { get; } = new([]);

    /// <summary>The keys of a call: the adapter's own, and those that its headers bring.</summary>
    public static Secrets Of(string? apiKey, RequestHeaders? headers = null) =>
        string.IsNullOrEmpty(apiKey) ? None : new Secrets([apiKey]);

    /// <summary>The text with every spelling of a key hidden. To be called before anything is cut off the text.</summary>
    public string? Hide(string? text)
    {
        foreach (string spelling in _spellings)
            text = text?.Replace(spelling, "***", StringComparison.Ordinal);

        return text;
    }
}

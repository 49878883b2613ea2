using System.Text.Json;

namespace VllmAdapter;

/// <summary>A text that every chunk repeats: decoded once, compared as bytes from then on.</summary>
internal struct RepeatedText
{
    private byte[]? _utf8;

    public string? Text { get; private set; }

    public bool HasChanged { get; private set; }

    /// <returns>Whether it is another text than before.</returns>
    public bool Observe(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.SkipValue();
            return false;
        }

        if (reader.ValueSpan.SequenceEqual(_utf8) || reader.ValueSpan.IsEmpty)
            return false;

        string text = JsonText.Read(ref reader);
        HasChanged |= Text is not null && !string.Equals(text, Text, StringComparison.Ordinal);
        _utf8 = reader.ValueSpan.ToArray();
        Text = text;
        return true;
    }
}

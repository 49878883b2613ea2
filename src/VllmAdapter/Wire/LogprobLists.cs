using System.Text.Json;

namespace VllmAdapter;

/// <summary>Log probabilities as the route of plain completions writes them: one list of tokens, one of their numbers, one of the likeliest alternatives.</summary>
internal struct LogprobLists
{
    private List<string>? _tokens;
    private List<double?>? _logprobs;
    private List<IReadOnlyList<TokenLogprob>>? _tops;

    public readonly bool IsEmpty => _tokens is null && _logprobs is null;

    /// <summary>Reads one of the lists.</summary>
    /// <returns>Whether it is one of them; if not, nothing was read.</returns>
    public bool Read(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            return false;

        if (name.SequenceEqual("tokens"u8))
            _tokens = Elements(ref reader, static (ref reader) => reader.TokenType == JsonTokenType.String ? JsonText.Read(ref reader) : "");
        else if (name.SequenceEqual("token_logprobs"u8))
            _logprobs = Elements(ref reader, static (ref reader) => Number(ref reader));
        else if (name.SequenceEqual("top_logprobs"u8))
            _tops = Elements(ref reader, ReadTop);
        else
            return false;

        return true;
    }

    /// <summary>The tokens, each with its number; null if the lists are not of one length. The first token of an echoed prompt has no number.</summary>
    public readonly IReadOnlyList<TokenLogprob>? Zip()
    {
        if (_tokens is not { } tokens || _logprobs is not { } logprobs || tokens.Count != logprobs.Count || (_tops is not null && _tops.Count != tokens.Count))
            return null;

        var zipped = new TokenLogprob[tokens.Count];
        for (int i = 0; i < zipped.Length; i++)
            zipped[i] = new TokenLogprob { Token = tokens[i], Logprob = logprobs[i] ?? double.NaN, Top = _tops?[i] ?? [] };

        return zipped;
    }

    private delegate T Element<T>(ref Utf8JsonReader reader);

    private static List<T> Elements<T>(ref Utf8JsonReader reader, Element<T> read)
    {
        List<T> elements = [];
        while (reader.ReadElement())
        {
            elements.Add(read(ref reader));

            // What is no such element is passed over, and its place kept.
            reader.SkipValue();
        }

        return elements;
    }

    private static double? Number(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out double number) ? number : null;

    // Two tokens of the same text are one entry here.
    private static IReadOnlyList<TokenLogprob> ReadTop(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return [];

        List<TokenLogprob> top = [];
        while (reader.ReadField())
        {
            string token = JsonText.Read(ref reader);
            reader.Read();
            if (Number(ref reader) is { } logprob)
                top.Add(new TokenLogprob { Token = token, Logprob = logprob });
            else
                reader.SkipValue();
        }

        return top;
    }
}

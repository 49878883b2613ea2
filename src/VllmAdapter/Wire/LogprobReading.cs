using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads the log probabilities of a choice; what is not as expected is passed over.</summary>
internal static class LogprobReading
{
    public static IReadOnlyList<TokenLogprob>? Read(ref Utf8JsonReader reader, LenientValues values)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.SkipValue();
            return null;
        }

        IReadOnlyList<TokenLogprob> tokens = [];
        var lists = new LogprobLists();
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            if (name.SequenceEqual("content"u8))
                tokens = ReadTokens(ref reader);
            else if (!lists.Read(ref reader, name))
                reader.SkipValue();
        }

        if (lists.IsEmpty)
            return tokens;

        if (lists.Zip() is { } zipped)
            return zipped;

        values.CountOdd();
        return null;
    }

    private static List<TokenLogprob> ReadTokens(ref Utf8JsonReader reader)
    {
        List<TokenLogprob> tokens = [];
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.SkipValue();
            return tokens;
        }

        while (reader.ReadElement())
        {
            if (reader.TokenType == JsonTokenType.StartObject)
                tokens.Add(ReadToken(ref reader));
            else
                reader.SkipValue();
        }

        return tokens;
    }

    private static TokenLogprob ReadToken(ref Utf8JsonReader reader)
    {
        var token = new TokenLogprob();
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            if (name.SequenceEqual("token"u8) && reader.TokenType == JsonTokenType.String)
                token = token with { Token = JsonText.Read(ref reader) };
            else if (name.SequenceEqual("logprob"u8) && reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out double logprob))
                token = token with { Logprob = logprob };
            else if (name.SequenceEqual("bytes"u8))
                token = token with { Bytes = reader.ReadNumbers() };
            else if (name.SequenceEqual("top_logprobs"u8))
                token = token with { Top = ReadTokens(ref reader) };
            else
                reader.SkipValue();
        }

        return token;
    }
}

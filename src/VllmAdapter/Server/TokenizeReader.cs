using System.Text.Json;

namespace VllmAdapter.Server;

/// <summary>Reads the answer of a tokenizer (<c>/tokenize</c>).</summary>
internal static class TokenizeReader
{
    public static TokenizeResult? Read(ref Utf8JsonReader reader, CancellationToken cancellationToken)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return null;

        int? count = null;
        int? window = null;
        List<int>? ids = null;
        List<string>? texts = null;
        while (reader.ReadField())
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            if (name.SequenceEqual("count"u8))
                count = JsonText.ReadCount(ref reader);
            else if (name.SequenceEqual("max_model_len"u8))
                window = LooseJson.ReadWindow(ref reader);
            else if (name.SequenceEqual("tokens"u8))
                ids = reader.ReadNumbers();
            else if (name.SequenceEqual("token_strs"u8))
                texts = ReadTexts(ref reader);
            else
                reader.SkipValue();
        }

        return (count ?? ids?.Count) is { } known
            ? new TokenizeResult { Count = known, Ids = ids ?? [], Texts = texts, ContextWindow = window }
            : null;
    }

    private static List<string>? ReadTexts(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.SkipValue();
            return null;
        }

        List<string> texts = [];
        while (reader.ReadElement())
        {
            // One place a token, whatever stands in it.
            texts.Add(reader.TokenType == JsonTokenType.String ? JsonText.Read(ref reader) : "");
            reader.SkipValue();
        }

        return texts;
    }
}

using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads a usage object, and reports to the template where its counts stand.</summary>
internal static class UsageReading
{
    public static TokenUsage? Read(ref Utf8JsonReader reader, ChunkShape shape)
    {
        shape.ReportUsage();
        int? prompt = null, completion = null, total = null, cached = null, created = null, reasoning = null;
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            if (name.SequenceEqual("prompt_tokens"u8))
                prompt = ReadCount(ref reader, shape, ChunkPart.PromptTokens) ?? prompt;
            else if (name.SequenceEqual("completion_tokens"u8))
                completion = ReadCount(ref reader, shape, ChunkPart.CompletionTokens) ?? completion;
            else if (name.SequenceEqual("total_tokens"u8))
                total = ReadCount(ref reader, shape, ChunkPart.TotalTokens) ?? total;
            else if (name.SequenceEqual("prompt_tokens_details"u8) && reader.TokenType == JsonTokenType.StartObject)
                ReadDetails(ref reader, ref cached, ref created, ref reasoning);
            else if (name.SequenceEqual("completion_tokens_details"u8) && reader.TokenType == JsonTokenType.StartObject)
                ReadDetails(ref reader, ref cached, ref created, ref reasoning);
            else
                reader.SkipValue();
        }

        TokenUsageDetails? details = (cached ?? created ?? reasoning) is null
            ? null
            : new TokenUsageDetails { CachedPromptTokens = cached, CreatedCacheTokens = created, ReasoningTokens = reasoning };
        return TokenUsage.From(prompt, completion, total, details);
    }

    private static int? ReadCount(ref Utf8JsonReader reader, ChunkShape shape, ChunkPart part)
    {
        bool isNumber = reader.TokenType == JsonTokenType.Number;
        if (isNumber)
            shape.Report(part, reader.TokenStartIndex, reader.ValueSpan.Length);

        int? count = JsonText.ReadCount(ref reader);
        if (count is not null && !isNumber)
            shape.Spoil();

        return count;
    }

    private static void ReadDetails(ref Utf8JsonReader reader, ref int? cached, ref int? created, ref int? reasoning)
    {
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            if (name.SequenceEqual("cached_tokens"u8))
                cached = JsonText.ReadCount(ref reader) ?? cached;
            else if (name.SequenceEqual("created_cache_tokens"u8))
                created = JsonText.ReadCount(ref reader) ?? created;
            else if (name.SequenceEqual("reasoning_tokens"u8))
                reasoning = JsonText.ReadCount(ref reader) ?? reasoning;
            else
                reader.SkipValue();
        }
    }
}

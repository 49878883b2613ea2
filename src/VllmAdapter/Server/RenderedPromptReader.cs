using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Server;

/// <summary>Reads a rendered chat (<c>/v1/chat/completions/render</c>).</summary>
internal static class RenderedPromptReader
{
    public static RenderedPrompt? Read(ref Utf8JsonReader reader, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return reader.TokenType switch
        {
            JsonTokenType.StartObject => ReadPrompt(ref reader),
            JsonTokenType.StartArray => ReadEarly(ref reader),
            _ => null,
        };
    }

    // vLLM 0.15: [the conversation, [{"prompt": "...", "prompt_token_ids": [...]}]], without the sampling parameters.
    private static RenderedPrompt? ReadEarly(ref Utf8JsonReader reader)
    {
        RenderedPrompt? prompt = null;
        for (int place = 0; reader.ReadElement(); place++)
        {
            if (place == 1 && reader.TokenType == JsonTokenType.StartArray)
                prompt = ReadFirst(ref reader);
            else
                reader.SkipValue();
        }

        return prompt;
    }

    private static RenderedPrompt? ReadFirst(ref Utf8JsonReader reader)
    {
        RenderedPrompt? first = null;
        while (reader.ReadElement())
        {
            if (first is null && reader.TokenType == JsonTokenType.StartObject)
                first = ReadPrompt(ref reader);
            else
                reader.SkipValue();
        }

        return first;
    }

    private static RenderedPrompt? ReadPrompt(ref Utf8JsonReader reader)
    {
        List<int>? ids = null;
        JsonObject? sampling = null;
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            if (name.SequenceEqual("token_ids"u8) || name.SequenceEqual("prompt_token_ids"u8))
                ids = reader.ReadNumbers();
            else if (name.SequenceEqual("sampling_params"u8) && reader.TokenType == JsonTokenType.StartObject)
                sampling = (JsonObject?)LooseJson.ReadNode(ref reader);
            else
                reader.SkipValue();
        }

        return ids is null ? null : new RenderedPrompt { TokenIds = ids, MaxTokens = MaxTokensOf(sampling), Sampling = sampling ?? [] };
    }

    private static int? MaxTokensOf(JsonObject? sampling) =>
        sampling?["max_tokens"] is JsonValue max && max.TryGetValue(out int tokens) && tokens >= 0 ? tokens : null;
}

using System.Text.Json;

namespace VllmAdapter;

/// <summary>Says how a message ended, and a whole message, in the terms of a chat.</summary>
internal static class MessageEnd
{
    /// <summary>Writes id and model, each with a comma behind it.</summary>
    public static void WriteHead(ChunkWriter chunk, MessageFields message)
    {
        if (!message.Id.IsEmpty)
            chunk.Raw("\"id\":"u8).Raw(message.Id).Raw(","u8);

        if (!message.Model.IsEmpty)
            chunk.Raw("\"model\":"u8).Raw(message.Model).Raw(","u8);
    }

    /// <summary>The count of the prompt in a usage; empty if it has none.</summary>
    public static ReadOnlySpan<byte> PromptTokensIn(ReadOnlySpan<byte> usage) => usage.IsEmpty ? default : MessageFields.Read(usage, out _).InputTokens;

    /// <summary>Writes the chunk with the reason, and behind it the one with the counts; that of the prompt may stand at the start only.</summary>
    public static void WriteStreamed(ChunkWriter chunk, MessageFields delta, ReadOnlySpan<byte> usage, ReadOnlySpan<byte> promptTokensAtStart)
    {
        chunk.Raw("{\"choices\":[{\"index\":0"u8);
        WriteReason(chunk, delta);
        chunk.Raw("}]}"u8);
        if (!usage.IsEmpty)
        {
            WriteUsage(chunk.Raw("{\"choices\":[],\"usage\":"u8), usage, promptTokensAtStart);
            chunk.Raw("}"u8);
        }
    }

    /// <summary>Writes a reply that was not streamed.</summary>
    public static void WriteWhole(ChunkWriter chunk, MessageFields message)
    {
        WriteHead(chunk.Raw("{"u8), message);
        chunk.Raw("\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\""u8);
        WriteText(chunk, "content"u8, message.Content, "text"u8);
        WriteText(chunk, "reasoning"u8, message.Content, "thinking"u8);
        WriteCalls(chunk, message.Content);
        chunk.Raw("}"u8);
        WriteReason(chunk, message);
        chunk.Raw("}]"u8);
        if (!message.Usage.IsEmpty)
            WriteUsage(chunk.Raw(",\"usage\":"u8), message.Usage, default);

        chunk.Raw("}"u8);
    }

    private static void WriteReason(ChunkWriter chunk, MessageFields told)
    {
        ReadOnlySpan<byte> word = told.StopReason switch
        {
            var reason when reason.SequenceEqual("max_tokens"u8) || reason.SequenceEqual("model_context_window_exceeded"u8) => "length"u8,
            var reason when reason.SequenceEqual("tool_use"u8) => "tool_calls"u8,
            var reason when reason.SequenceEqual("stop_sequence"u8) => "stop"u8,
            var reason => reason,
        };
        if (!word.IsEmpty)
            chunk.Raw(",\"finish_reason\":\""u8).Raw(word).Raw("\""u8);

        if (!told.StopSequence.IsEmpty)
            chunk.Raw(",\"stop_reason\":"u8).Raw(told.StopSequence);
    }

    private static void WriteText(ChunkWriter chunk, ReadOnlySpan<byte> field, ReadOnlySpan<byte> blocks, ReadOnlySpan<byte> type)
    {
        bool hasBegun = false;
        (byte[] name, byte[] wanted) = (field.ToArray(), type.ToArray());
        RawFields.ForEachObject(blocks, (element, _) =>
        {
            MessageFields block = MessageFields.Read(element, out int _);
            ReadOnlySpan<byte> text = RawFields.Unquoted(wanted is [(byte)'t', (byte)'e', ..] ? block.Text : block.Thinking);
            if (!block.Type.SequenceEqual(wanted) || text.IsEmpty)
                return;

            if (!hasBegun)
                chunk.Raw(",\""u8).Raw(name).Raw("\":\""u8);

            hasBegun = true;
            chunk.Raw(text);
        });
        if (hasBegun)
            chunk.Raw("\""u8);
        else if (wanted is [(byte)'t', (byte)'e', ..] && RawFields.IsText(blocks))
            chunk.Raw(",\"content\":"u8).Raw(blocks);
    }

    // Here the input is JSON itself, and the reader of calls takes it so.
    private static void WriteCalls(ChunkWriter chunk, ReadOnlySpan<byte> blocks)
    {
        int count = 0;
        RawFields.ForEachObject(blocks, (element, _) =>
        {
            MessageFields block = MessageFields.Read(element, out int _);
            if (!block.Type.SequenceEqual("tool_use"u8))
                return;

            chunk.Raw(count == 0 ? ",\"tool_calls\":["u8 : ","u8);
            chunk.WriteCall(count++, block.Id, block.Name, block.Input);
        });
        if (count > 0)
            chunk.Raw("]"u8);
    }

    private static void WriteUsage(ChunkWriter chunk, ReadOnlySpan<byte> usage, ReadOnlySpan<byte> promptTokensAtStart)
    {
        bool isFirst = true;
        chunk.Raw("{"u8);
        if (PromptTokensIn(usage).IsEmpty)
            chunk.Field("prompt_tokens"u8, promptTokensAtStart, ref isFirst);

        var reader = new Utf8JsonReader(usage, JsonText.Reading);
        reader.Read();
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            ReadOnlySpan<byte> value = reader.ReadRaw(usage);
            if (name.SequenceEqual("input_tokens"u8))
                chunk.Field("prompt_tokens"u8, value, ref isFirst);
            else if (name.SequenceEqual("output_tokens"u8))
                chunk.Field("completion_tokens"u8, value, ref isFirst);
            else if (name.SequenceEqual("cache_read_input_tokens"u8) && RawFields.NumberOr(value, -1) >= 0)
                chunk.Comma(ref isFirst).Raw("\"prompt_tokens_details\":{\"cached_tokens\":"u8).Raw(value).Raw("}"u8);
        }

        chunk.Raw("}"u8);
    }
}

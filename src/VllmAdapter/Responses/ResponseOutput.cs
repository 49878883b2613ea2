namespace VllmAdapter;

/// <summary>Says the output of a response, a list of items, as the message of a chat.</summary>
internal static class ResponseOutput
{
    /// <summary>Writes the field <c>message</c>, with a comma before it.</summary>
    public static void WriteMessage(ChunkWriter chunk, ReadOnlySpan<byte> output)
    {
        chunk.Raw(",\"message\":{\"role\":\"assistant\""u8);
        WriteText(chunk, "content"u8, output, ResponsePart.Text);
        WriteText(chunk, "reasoning"u8, output, ResponsePart.Reasoning);
        WriteText(chunk, "refusal"u8, output, ResponsePart.Refusal);
        WriteCalls(chunk, output);
        chunk.Raw("}"u8);
    }

    // The texts of several parts are one text: what is between their quotes stands one behind the other.
    private static void WriteText(ChunkWriter chunk, ReadOnlySpan<byte> name, ReadOnlySpan<byte> output, ResponsePart wanted)
    {
        bool hasBegun = false;
        byte[] field = name.ToArray();
        var parts = new ResponseParts();
        RawFields.ForEachObject(output, (element, place) =>
        {
            ResponseFields item = ResponseFields.Read(element, out _);
            if (!item.Type.SequenceEqual("message"u8) && !item.Type.SequenceEqual("reasoning"u8))
                return;

            parts.ForEachMissing(place, item, (part, text) =>
            {
                if (part != wanted)
                    return;

                if (!hasBegun)
                    chunk.Raw(",\""u8).Raw(field).Raw("\":\""u8);

                hasBegun = true;
                chunk.Raw(RawFields.Unquoted(text));
            });
        });
        if (hasBegun)
            chunk.Raw("\""u8);
    }

    private static void WriteCalls(ChunkWriter chunk, ReadOnlySpan<byte> output)
    {
        int count = 0;
        RawFields.ForEachObject(output, (element, _) =>
        {
            ResponseFields item = ResponseFields.Read(element, out int _);
            if (!item.IsFunctionCall)
                return;

            chunk.Raw(count == 0 ? ",\"tool_calls\":["u8 : ","u8);
            chunk.WriteCall(count++, item.CallId.IsEmpty ? item.Id : item.CallId, item.Name, item.Arguments);
        });
        if (count > 0)
            chunk.Raw("]"u8);
    }
}

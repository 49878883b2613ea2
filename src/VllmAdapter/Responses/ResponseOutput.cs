namespace VllmAdapter;

/// <summary>Says the output of a response, a list of items, as the message of a chat.</summary>
internal static class ResponseOutput
{
    /// <summary>Writes what came of it only here as the field <c>message</c>, with a comma before it.</summary>
    public static void WriteMessage(ChunkWriter chunk, ReadOnlySpan<byte> output, ResponseParts came)
    {
        // What follows pieces are further pieces.
        chunk.Raw(came.AnyCame ? ",\"delta\":{\"role\":\"assistant\""u8 : ",\"message\":{\"role\":\"assistant\""u8);
        WriteText(chunk, "content"u8, output, ResponsePart.Text, came);
        WriteText(chunk, "reasoning"u8, output, ResponsePart.Reasoning, came);
        WriteText(chunk, "refusal"u8, output, ResponsePart.Refusal, came);
        WriteCalls(chunk, output, came.CallCount);
        chunk.Raw("}"u8);
    }

    /// <summary>Whether an item of it was cut, as the server says of the item (0.33.0).</summary>
    public static bool HasCutItem(ReadOnlySpan<byte> output)
    {
        bool hasCut = false;
        RawFields.ForEachObject(output, (element, _) => hasCut |= ResponseFields.Read(element, out int _).Status.SequenceEqual("incomplete"u8));
        return hasCut;
    }

    // The texts of several parts are one text: what is between their quotes stands one behind the other.
    private static void WriteText(ChunkWriter chunk, ReadOnlySpan<byte> name, ReadOnlySpan<byte> output, ResponsePart wanted, ResponseParts came)
    {
        if (came.HasAny(wanted))
            return;

        bool hasBegun = false;
        byte[] field = name.ToArray();
        var parts = new ResponseParts();
        RawFields.ForEachObject(output, (element, place) =>
        {
            ResponseFields item = ResponseFields.Read(element, out _);
            if (!item.HoldsText)
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

    private static void WriteCalls(ChunkWriter chunk, ReadOnlySpan<byte> output, int known)
    {
        int count = 0;
        RawFields.ForEachObject(output, (element, _) =>
        {
            ResponseFields item = ResponseFields.Read(element, out int _);
            if (!item.IsFunctionCall || count++ < known)
                return;

            chunk.Raw(count == known + 1 ? ",\"tool_calls\":["u8 : ","u8);
            chunk.WriteCall(count - 1, item.CallId.IsEmpty ? item.Id : item.CallId, item.Name, item.Arguments);
        });
        if (count > known)
            chunk.Raw("]"u8);
    }
}

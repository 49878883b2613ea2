using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads the tool calls of a delta or of a message, and reports to the templates where arguments stand.</summary>
internal sealed class ToolCallReading(LenientValues values, ChunkShape shape)
{
    private static readonly ToolCallDelta Nothing = new();

    public List<ToolCallDelta>? Read(ref Utf8JsonReader reader, bool isWhole)
    {
        if (values.ExpectAsList(ref reader))
            return ReadOne(ref reader, isWhole ? 0 : null) is var alone && alone != Nothing ? [alone] : null;

        if (!values.Expect(ref reader, JsonTokenType.StartArray))
            return null;

        // vLLM 0.20 sends an empty list next to every piece of text: an empty list is no call.
        List<ToolCallDelta>? calls = null;
        while (reader.ReadElement())
        {
            // In a whole reply every entry is a call of its own, and no entry says its index.
            if (values.Expect(ref reader, JsonTokenType.StartObject))
                (calls ??= new(1)).Add(ReadOne(ref reader, isWhole ? calls.Count : null));
        }

        return calls;
    }

    /// <summary>The one call that servers of old wrote as a <c>function_call</c>.</summary>
    public ToolCallDelta ReadLegacy(ref Utf8JsonReader reader)
    {
        shape.Spoil();
        string? functionName = null;
        string arguments = "";
        ReadFunction(ref reader, ref functionName, ref arguments);
        return new ToolCallDelta { Index = 0, Name = functionName, Arguments = arguments };
    }

    private ToolCallDelta ReadOne(ref Utf8JsonReader reader, int? position)
    {
        shape.ReportCall();
        int? index = null;
        string? id = null, functionName = null;
        string arguments = "";
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            if (name.SequenceEqual("function"u8))
            {
                if (values.Expect(ref reader, JsonTokenType.StartObject))
                    ReadFunction(ref reader, ref functionName, ref arguments);
            }
            else if (name.SequenceEqual("index"u8))
                index = values.ReadIndex(ref reader);
            else if (name.SequenceEqual("id"u8))
                id = values.ReadName(ref reader) ?? id;
            else
                reader.SkipValue();
        }

        return new ToolCallDelta { Index = position ?? index, Id = id, Name = functionName, Arguments = arguments };
    }

    private void ReadFunction(ref Utf8JsonReader reader, ref string? functionName, ref string arguments)
    {
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            if (name.SequenceEqual("arguments"u8))
                arguments = ReadArguments(ref reader) is { Length: > 0 } read ? read : arguments;
            else if (name.SequenceEqual("name"u8))
                functionName = values.ReadName(ref reader) ?? functionName;
            else
                reader.SkipValue();
        }
    }

    // Arguments are text that holds JSON; a server that sends the JSON itself is taken at its word.
    private string? ReadArguments(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
            shape.Report(ChunkPart.Arguments, reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        else if (reader.TokenType != JsonTokenType.Null)
            shape.Spoil();

        return reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray
            ? LenientValues.ReadRaw(ref reader)
            : values.ReadText(ref reader);
    }
}

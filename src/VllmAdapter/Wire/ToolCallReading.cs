using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads the tool calls of a delta or of a message.</summary>
internal sealed class ToolCallReading(LenientValues values)
{
    public List<ToolCallDelta>? Read(ref Utf8JsonReader reader, bool isWhole)
    {
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
        (string? name, string arguments) = ReadFunction(ref reader);
        return new ToolCallDelta { Index = 0, Name = name, Arguments = arguments };
    }

    private ToolCallDelta ReadOne(ref Utf8JsonReader reader, int? position)
    {
        int? index = null;
        string? id = null;
        (string? Name, string Arguments) function = (null, "");
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            if (name.SequenceEqual("function"u8))
                function = values.Expect(ref reader, JsonTokenType.StartObject) ? ReadFunction(ref reader) : function;
            else if (name.SequenceEqual("index"u8))
                index = values.ReadIndex(ref reader);
            else if (name.SequenceEqual("id"u8))
                id = values.ReadText(ref reader);
            else
                reader.SkipValue();
        }

        return new ToolCallDelta
        {
            Index = position ?? index,
            Id = id is { Length: > 0 } ? id : null,
            Name = function.Name,
            Arguments = function.Arguments,
        };
    }

    private (string? Name, string Arguments) ReadFunction(ref Utf8JsonReader reader)
    {
        string? functionName = null;
        string arguments = "";
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            if (name.SequenceEqual("arguments"u8))
                arguments = ReadArguments(ref reader);
            else if (name.SequenceEqual("name"u8))
                functionName = values.ReadText(ref reader);
            else
                reader.SkipValue();
        }

        return (functionName is { Length: > 0 } ? functionName : null, arguments);
    }

    // Arguments are text that holds JSON; a server that sends the JSON itself is taken at its word.
    private string ReadArguments(ref Utf8JsonReader reader) =>
        reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? LenientValues.ReadRaw(ref reader) : values.ReadText(ref reader) ?? "";
}

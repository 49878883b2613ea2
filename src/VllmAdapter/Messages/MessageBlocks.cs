using System.Text.Json;

namespace VllmAdapter;

/// <summary>Writes the messages of a chat as messages of blocks: calls are blocks of the assistant's, results are blocks of the user's.</summary>
internal static class MessageBlocks
{
    public static void Write(Utf8JsonWriter json, IEnumerable<JsonElement> messages)
    {
        json.WriteStartArray();

        // The results of one turn's calls are one message.
        bool takesResults = false;
        foreach (JsonElement message in messages)
        {
            bool isResult = message.At("role"u8).Says("tool"u8);
            if (takesResults && !isResult)
                End(json);
            if (!takesResults || !isResult)
                Begin(json, message, isResult);

            takesResults = isResult ? WriteResult(json, message) : WriteBlocks(json, message);
        }

        if (takesResults)
            End(json);
        json.WriteEndArray();
    }

    private static void Begin(Utf8JsonWriter json, JsonElement message, bool isResult)
    {
        json.WriteStartObject();
        json.WriteString("role"u8, isResult ? "user" : message.TextAt("role"u8));
        json.WritePropertyName("content"u8);
        if (isResult)
            json.WriteStartArray();
    }

    private static void End(Utf8JsonWriter json)
    {
        json.WriteEndArray();
        json.WriteEndObject();
    }

    // Ends the message, unless its blocks are such as results may follow.
    private static bool WriteBlocks(Utf8JsonWriter json, JsonElement message)
    {
        JsonElement content = message.GetProperty("content"u8);
        if (message.ListAt("tool_calls"u8) is { } calls)
        {
            json.WriteStartArray();
            WriteWords(json, content);
            foreach (JsonElement call in calls.EnumerateArray())
                WriteCall(json, call);
        }
        else if (content.ValueKind == JsonValueKind.Array)
        {
            WriteParts(json, content);
            if (content[0].At("type"u8).Says("tool_result"u8))
                return true;
        }
        else
        {
            content.WriteTo(json);
            json.WriteEndObject();
            return false;
        }

        End(json);
        return false;
    }

    private static void WriteWords(Utf8JsonWriter json, JsonElement content)
    {
        if (content.ValueKind != JsonValueKind.String || content.ValueEquals(""u8))
            return;

        json.WriteStartObject();
        json.WriteString("type"u8, "text"u8);
        json.Copy("text"u8, content);
        json.WriteEndObject();
    }

    private static void WriteCall(Utf8JsonWriter json, JsonElement call)
    {
        JsonElement function = call.GetProperty("function"u8);
        json.WriteStartObject();
        json.WriteString("type"u8, "tool_use"u8);
        json.WriteString("id"u8, call.TextAt("id"u8));
        json.WriteString("name"u8, function.TextAt("name"u8));
        json.WritePropertyName("input"u8);
        using (JsonDocument arguments = JsonDocument.Parse(function.GetProperty("arguments"u8).GetString()!, JsonText.Parsing))
            arguments.RootElement.WriteTo(json);
        json.WriteEndObject();
    }

    private static bool WriteResult(Utf8JsonWriter json, JsonElement message)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "tool_result"u8);
        json.WriteString("tool_use_id"u8, message.TextAt("tool_call_id"u8));
        json.WritePropertyName("content"u8);
        JsonElement content = message.GetProperty("content"u8);
        if (content.ValueKind == JsonValueKind.Array)
        {
            WriteParts(json, content);
            json.WriteEndArray();
        }
        else
        {
            content.WriteTo(json);
        }

        json.WriteEndObject();
        return true;
    }

    // All but the end of the list.
    private static void WriteParts(Utf8JsonWriter json, JsonElement parts)
    {
        json.WriteStartArray();
        foreach (JsonElement part in parts.EnumerateArray())
        {
            if (part.At("type"u8).Says("image_url"u8) && part.At("image_url"u8)?.TextAt("url"u8) is { } url)
                WriteImage(json, url);
            else
                part.WriteTo(json);
        }
    }

    // data:image/png;base64,...
    private static void WriteImage(Utf8JsonWriter json, string url)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "image"u8);
        json.WriteStartObject("source"u8);
        if (url.StartsWith("data:", StringComparison.Ordinal) && url.IndexOf(";base64,", StringComparison.Ordinal) is > 0 and var at)
        {
            json.WriteString("type"u8, "base64"u8);
            json.WriteString("media_type"u8, url[5..at]);
            json.WriteText("data", url[(at + ";base64,".Length)..]);
        }
        else
        {
            json.WriteString("type"u8, "url"u8);
            json.WriteText("url", url);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}

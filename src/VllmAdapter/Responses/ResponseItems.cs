using System.Text.Json;

namespace VllmAdapter;

/// <summary>Writes a conversation as the items of <c>/v1/responses</c>.</summary>
internal static class ResponseItems
{
    public static void Write(Utf8JsonWriter json, IReadOnlyList<VllmMessage> messages)
    {
        // One question is a text, which every version takes.
        if (messages is [UserMessage { Text: { } text, Parts.Count: 0, Name: null }])
        {
            json.WriteText(text);
            return;
        }

        using JsonDocument chat = ChatRequestBodyMessages.Parse(messages);
        json.WriteStartArray();
        foreach (JsonElement message in chat.RootElement.EnumerateArray())
            WriteItems(json, message);

        json.WriteEndArray();
    }

    private static void WriteItems(Utf8JsonWriter json, JsonElement message)
    {
        JsonElement? role = message.At("role"u8);
        JsonElement? content = message.At("content"u8);
        if (role.Says("tool"u8))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "function_call_output"u8);
            Write(json, "call_id", message.At("tool_call_id"u8));
            WriteContent(json, "output", content);
            json.WriteEndObject();
            return;
        }

        if (!role.Says("assistant"u8) || (content is not null && !content.Says(""u8)))
        {
            json.WriteStartObject();
            Write(json, "role", role);
            WriteContent(json, "content", content);
            json.WriteEndObject();
        }

        if (message.ListAt("tool_calls"u8) is not { } calls)
            return;

        foreach (JsonElement call in calls.EnumerateArray())
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "function_call"u8);
            Write(json, "call_id", call.At("id"u8));
            Write(json, "name", call.At("function"u8)?.At("name"u8));
            Write(json, "arguments", call.At("function"u8)?.At("arguments"u8));
            json.WriteEndObject();
        }
    }

    private static void WriteContent(Utf8JsonWriter json, string name, JsonElement? content)
    {
        if (content is not { ValueKind: JsonValueKind.Array } parts)
        {
            Write(json, name, content);
            return;
        }

        json.WriteStartArray(name);
        foreach (JsonElement part in parts.EnumerateArray())
            WritePart(json, part);

        json.WriteEndArray();
    }

    private static void WritePart(Utf8JsonWriter json, JsonElement part)
    {
        JsonElement? type = part.At("type"u8);
        if (type.Says("text"u8))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "input_text"u8);
            Write(json, "text", part.At("text"u8));
            json.WriteEndObject();
        }
        else if (type.Says("image_url"u8) && part.ObjectAt("image_url"u8) is { } image)
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "input_image"u8);
            Write(json, "image_url", image.At("url"u8));

            // It is required here.
            if (image.At("detail"u8) is { } detail)
                Write(json, "detail", detail);
            else
                json.WriteString("detail"u8, "auto"u8);
            json.WriteEndObject();
        }
        else
        {
            part.WriteTo(json);
        }
    }

    private static void Write(Utf8JsonWriter json, string name, JsonElement? value)
    {
        json.WritePropertyName(name);
        if (value is { } said)
            said.WriteTo(json);
        else
            json.WriteNullValue();
    }
}

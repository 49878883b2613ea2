using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads off a finished body of <c>/v1/messages</c> what was asked for: as of the chat that asks the same.</summary>
internal static class MessageEvidence
{
    public static RequestEvidence Of(JsonElement body, int? contextWindow, int? serverMaxTokens)
    {
        using var chat = new RequestBody(RequestJson.ToUtf8(body, 0, WriteChat));
        return RequestEvidenceReading.Of(chat.Json, contextWindow, serverMaxTokens);
    }

    private static void WriteChat(Utf8JsonWriter json, JsonElement body)
    {
        json.WriteStartObject();
        json.Copy("max_tokens"u8, body.At("max_tokens"u8));
        JsonElement? choice = body.At("tool_choice"u8)?.At("type"u8);
        json.WriteString("tool_choice"u8, choice.Says("any"u8) || choice.Says("tool"u8) ? "required"u8 : "auto"u8);
        if (body.ListAt("tools"u8) is { } tools)
        {
            json.WriteStartArray("tools"u8);
            foreach (JsonElement tool in tools.EnumerateArray().Where(static tool => tool.ValueKind == JsonValueKind.Object))
                WriteTool(json, tool);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteTool(Utf8JsonWriter json, JsonElement tool)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "function"u8);
        json.WriteStartObject("function"u8);
        json.Copy("name"u8, tool.At("name"u8));
        json.Copy("parameters"u8, tool.At("input_schema"u8));
        json.WriteEndObject();
        json.WriteEndObject();
    }
}

using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads off a finished body of <c>/v1/responses</c> what was asked for: as of the chat that asks the same.</summary>
internal static class ResponseEvidence
{
    public static RequestEvidence Of(JsonElement body, int? contextWindow, int? serverMaxTokens)
    {
        using var chat = new RequestBody(RequestJson.ToUtf8(body, 0, WriteChat));
        return RequestEvidenceReading.Of(chat.Json, contextWindow, serverMaxTokens);
    }

    private static void WriteChat(Utf8JsonWriter json, JsonElement body)
    {
        json.WriteStartObject();
        json.Copy("max_tokens"u8, body.At("max_output_tokens"u8));
        json.Copy("tool_choice"u8, body.At("tool_choice"u8));
        WriteTools(json, body.ListAt("tools"u8));
        WriteFormat(json, body.At("text"u8)?.ObjectAt("format"u8));
        json.Copy("include_reasoning"u8, body.At("include_reasoning"u8));
        json.Copy("ignore_eos"u8, body.At("ignore_eos"u8));
        json.Copy("skip_special_tokens"u8, body.At("skip_special_tokens"u8));
        json.Copy("structured_outputs"u8, body.At("structured_outputs"u8));
        json.WriteEndObject();
    }

    private static void WriteTools(Utf8JsonWriter json, JsonElement? tools)
    {
        if (tools is not { } list)
            return;

        json.WriteStartArray("tools"u8);
        foreach (JsonElement tool in list.EnumerateArray().Where(static tool => tool.At("name"u8) is not null))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "function"u8);
            json.Copy("function"u8, tool);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFormat(Utf8JsonWriter json, JsonElement? format)
    {
        if (format is not { } said)
            return;

        json.WriteStartObject("response_format"u8);
        json.Copy("type"u8, said.At("type"u8));
        json.Copy("json_schema"u8, said);
        json.WriteEndObject();
    }
}

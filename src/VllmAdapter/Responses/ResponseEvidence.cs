using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Reads off a finished body of <c>/v1/responses</c> what was asked for: as of the chat that asks the same.</summary>
internal static class ResponseEvidence
{
    public static RequestEvidence Of(JsonObject body, int? contextWindow, int? serverMaxTokens)
    {
        var chat = new JsonObject
        {
            ["max_tokens"] = body["max_output_tokens"]?.DeepClone(),
            ["tool_choice"] = body["tool_choice"]?.DeepClone(),
            ["tools"] = Tools(body["tools"]),
            ["response_format"] = Format(body["text"]),
        };
        foreach (string same in (ReadOnlySpan<string>)["include_reasoning", "ignore_eos", "skip_special_tokens", "structured_outputs"])
            chat[same] = body[same]?.DeepClone();

        return RequestEvidenceReading.Of(RequestJson.ToUtf8(chat), contextWindow, serverMaxTokens);
    }

    private static JsonArray? Tools(JsonNode? tools) => tools is JsonArray list
        ? new JsonArray([.. list.OfType<JsonObject>().Where(tool => tool["name"] is not null).Select(tool => new JsonObject { ["type"] = "function", ["function"] = tool.DeepClone() })])
        : null;

    private static JsonObject? Format(JsonNode? text) => text is JsonObject { } said && said["format"] is JsonObject format
        ? new JsonObject { ["type"] = format["type"]?.DeepClone(), ["json_schema"] = format.DeepClone() }
        : null;
}

using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Writes the messages of a chat as messages of blocks: calls are blocks of the assistant's, results are blocks of the user's.</summary>
internal static class MessageBlocks
{
    public static JsonArray Write(IEnumerable<JsonObject> messages)
    {
        var written = new JsonArray();
        foreach (JsonObject message in messages)
        {
            JsonObject next = message["role"]!.GetValue<string>() switch
            {
                "assistant" when message["tool_calls"] is JsonArray calls => Of("assistant", [.. Text(message["content"]), .. calls.OfType<JsonObject>().Select(Call)]),
                "tool" => Of("user", [Result(message)]),
                var role when message["content"] is JsonArray parts => Of(role, [.. parts.OfType<JsonObject>().Select(Part)]),
                var role => new JsonObject { ["role"] = role, ["content"] = message["content"]?.DeepClone() },
            };

            // The results of one turn's calls are one message.
            if (message["role"]!.GetValue<string>() == "tool" && written is [.., JsonObject last] && last["content"] is JsonArray blocks && blocks[0]?["type"]?.GetValue<string>() == "tool_result")
                blocks.Add((JsonNode)Result(message));
            else
                written.Add((JsonNode)next);
        }

        return written;
    }

    private static JsonObject Of(string role, JsonNode[] blocks) => new() { ["role"] = role, ["content"] = new JsonArray(blocks) };

    private static JsonNode[] Text(JsonNode? content) =>
        content is JsonValue text && text.TryGetValue(out string? said) && said.Length > 0 ? [new JsonObject { ["type"] = "text", ["text"] = said }] : [];

    private static JsonNode Call(JsonObject call) => new JsonObject
    {
        ["type"] = "tool_use",
        ["id"] = call["id"]?.DeepClone(),
        ["name"] = call["function"]!["name"]?.DeepClone(),
        ["input"] = JsonNode.Parse(call["function"]!["arguments"]!.GetValue<string>()),
    };

    private static JsonObject Result(JsonObject message) => new()
    {
        ["type"] = "tool_result",
        ["tool_use_id"] = message["tool_call_id"]?.DeepClone(),
        ["content"] = message["content"] is JsonArray parts ? new JsonArray([.. parts.OfType<JsonObject>().Select(Part)]) : message["content"]?.DeepClone(),
    };

    private static JsonNode Part(JsonObject part) => part["type"]?.GetValue<string>() switch
    {
        "image_url" when part["image_url"]?["url"]?.GetValue<string>() is { } url => new JsonObject { ["type"] = "image", ["source"] = Source(url) },
        _ => part.DeepClone(),
    };

    // data:image/png;base64,...
    private static JsonObject Source(string url) =>
        url.StartsWith("data:", StringComparison.Ordinal) && url.IndexOf(";base64,", StringComparison.Ordinal) is > 0 and var at
            ? new JsonObject { ["type"] = "base64", ["media_type"] = url[5..at], ["data"] = url[(at + ";base64,".Length)..] }
            : new JsonObject { ["type"] = "url", ["url"] = url };
}

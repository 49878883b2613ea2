using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Writes a conversation as the items of <c>/v1/responses</c>.</summary>
internal static class ResponseItems
{
    public static JsonNode Write(IReadOnlyList<VllmMessage> messages)
    {
        // One question is a text, which every version takes.
        if (messages is [UserMessage { Text: { } text, Parts.Count: 0, Name: null }])
            return text;

        var items = new JsonArray();
        foreach (JsonObject message in ChatRequestBodyMessages.Write(messages).OfType<JsonObject>())
        {
            foreach (JsonObject item in Items(message))
                items.Add((JsonNode)item);
        }

        return items;
    }

    private static IEnumerable<JsonObject> Items(JsonObject message)
    {
        string role = message["role"]!.GetValue<string>();
        JsonNode? content = Content(message["content"]);
        if (role == "tool")
        {
            yield return new JsonObject { ["type"] = "function_call_output", ["call_id"] = message["tool_call_id"]?.DeepClone(), ["output"] = content };
            yield break;
        }

        if (role != "assistant" || content is JsonArray || (content is JsonValue text && text.GetValue<string>().Length > 0))
            yield return new JsonObject { ["role"] = role, ["content"] = content };

        foreach (JsonObject call in (message["tool_calls"] as JsonArray ?? []).OfType<JsonObject>())
        {
            yield return new JsonObject
            {
                ["type"] = "function_call",
                ["call_id"] = call["id"]?.DeepClone(),
                ["name"] = call["function"]!["name"]?.DeepClone(),
                ["arguments"] = call["function"]!["arguments"]?.DeepClone(),
            };
        }
    }

    private static JsonNode? Content(JsonNode? content) =>
        content is JsonArray parts ? new JsonArray([.. parts.OfType<JsonObject>().Select(Part)]) : content?.DeepClone();

    private static JsonNode Part(JsonObject part) => part["type"]?.GetValue<string>() switch
    {
        "text" => new JsonObject { ["type"] = "input_text", ["text"] = part["text"]?.DeepClone() },
        "image_url" when part["image_url"] is JsonObject image => Image(image),
        _ => part.DeepClone(),
    };

    // Its detail is required here.
    private static JsonObject Image(JsonObject image) => new()
    {
        ["type"] = "input_image",
        ["image_url"] = image["url"]?.DeepClone(),
        ["detail"] = image["detail"]?.DeepClone() ?? "auto",
    };
}

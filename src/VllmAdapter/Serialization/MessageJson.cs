using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>A message as it is saved: one of an OpenAI <c>messages</c> array, with nothing lost and nothing refused.</summary>
internal static class MessageJson
{
    /// <summary>vLLM's own field of past thoughts.</summary>
    public const string Reasoning = "reasoning";

    private const string OtherReasoning = "reasoning_content";

    public static JsonObject Write(VllmMessage message)
    {
        JsonObject json = message switch
        {
            SystemMessage system => Said("system", system.Text),
            DeveloperMessage developer => Said("developer", developer.Text),
            UserMessage user => Said("user", Content(user.Text, user.Parts)),
            AssistantMessage assistant => Assistant(assistant),
            ToolMessage result => Result(result),
            _ => throw new NotSupportedException($"{message.GetType().Name} is no message that can be written as JSON."),
        };
        json.Put("name", message.Name);
        return json;
    }

    public static VllmMessage Read(JsonElement json, string place)
    {
        var fields = new SavedFields(json, place);
        string? name = fields.Text("name");
        string role = fields.RequiredText("role");
        switch (role)
        {
            case "system":
                return new SystemMessage(TextOf(fields) ?? "") { Name = name };
            case "developer":
                return new DeveloperMessage(TextOf(fields) ?? "") { Name = name };
            case "user":
                (string? text, IReadOnlyList<ContentPart> parts) = ContentOf(fields);
                return new UserMessage { Name = name, Text = text, Parts = parts };
            case "tool":
                (string? result, parts) = ContentOf(fields);
                return new ToolMessage(fields.RequiredText("tool_call_id"), result ?? "") { Name = name, Parts = parts };
            case "assistant":
                return Assistant(fields, name);
            default:
                throw new JsonException($"{fields.PlaceOf("role")} is '{role}', not system, developer, user, assistant or tool.");
        }
    }

    private static JsonObject Said(string role, JsonNode? content) => new() { ["role"] = role, ["content"] = content };

    private static JsonNode? Content(string? text, IReadOnlyList<ContentPart> parts)
    {
        if (parts.Count == 0)
            return text;

        var list = new JsonArray();
        if (text is not null)
            list.Add((JsonNode?)ContentPartJson.Write(new TextPart(text)));
        foreach (ContentPart part in parts)
            list.Add((JsonNode?)ContentPartJson.Write(part));

        return list;
    }

    private static JsonObject Result(ToolMessage result) => new()
    {
        ["role"] = "tool",
        ["tool_call_id"] = result.ToolCallId,
        ["content"] = Content(result.Parts.Count > 0 && result.Content is "" ? null : result.Content, result.Parts),
    };

    private static JsonObject Assistant(AssistantMessage assistant)
    {
        JsonObject json = Said("assistant", assistant.Text);
        if (assistant.Reasoning is { } thoughts)
        {
            bool isUsual = assistant.ReasoningName is null or Reasoning or OtherReasoning;
            json[isUsual ? assistant.ReasoningName ?? Reasoning : Reasoning] = thoughts;
            if (!isUsual)
                json["reasoning_name"] = assistant.ReasoningName;
        }

        if (assistant.ToolCalls.Count > 0)
            json["tool_calls"] = new JsonArray([.. assistant.ToolCalls.Select(Call)]);
        return json;
    }

    private static JsonObject Call(ToolCall call) => new()
    {
        ["id"] = call.Id,
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = call.Arguments },
    };

    private static AssistantMessage Assistant(SavedFields fields, string? name)
    {
        string? thoughts = fields.Text(Reasoning);
        string? otherThoughts = fields.Text(OtherReasoning);
        return new AssistantMessage
        {
            Name = name,
            Text = TextOf(fields),
            Reasoning = thoughts ?? otherThoughts,
            ReasoningName = thoughts is null && otherThoughts is not null ? OtherReasoning : fields.Text("reasoning_name"),
            ToolCalls = fields.List("tool_calls", Call),
        };
    }

    private static ToolCall Call(JsonElement json, string place)
    {
        var call = new SavedFields(json, place);
        SavedFields function = call.Fields("function") ?? throw new JsonException($"{place}.function is missing.");
        return new ToolCall(call.Text("id") ?? "", function.RequiredText("name"), Arguments(function.Any("arguments")));
    }

    // Some servers write the object itself.
    private static string Arguments(JsonElement? arguments) => arguments switch
    {
        null => "",
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { } json => json.GetRawText(),
    };

    // The text is the first of the parts, where there are several.
    private static (string? Text, IReadOnlyList<ContentPart> Parts) ContentOf(SavedFields fields)
    {
        if (!IsList(fields, out JsonElement content))
            return (fields.Text("content"), []);

        IReadOnlyList<ContentPart> parts = fields.List("content", ContentPartJson.Read);
        return parts is [TextPart { Text.Length: > 0 } first, _, ..] ? (first.Text, [.. parts.Skip(1)]) : (null, parts);
    }

    // Of these roles the format allows a list of texts, which means the texts one after the other.
    private static string? TextOf(SavedFields fields) => IsList(fields, out _)
        ? string.Concat(fields.List("content", ContentPartJson.Read).OfType<TextPart>().Select(static part => part.Text))
        : fields.Text("content");

    private static bool IsList(SavedFields fields, out JsonElement content) =>
        fields.Left.TryGetValue("content", out content) && content.ValueKind == JsonValueKind.Array;
}

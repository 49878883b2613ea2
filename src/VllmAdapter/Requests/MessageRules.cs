using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>What every vLLM refuses about the messages of a body. Typed messages are right by themselves; these may have come by Extra or as a <see cref="RawPart"/>.</summary>
internal static class MessageRules
{
    /// <summary>What is wrong; null if nothing is that every server refuses.</summary>
    public static string? FaultOf(JsonObject body)
    {
        if (body["messages"] is not JsonArray messages)
            return $"Messages (messages) must be a list, but is {Kind(body["messages"])}";
        if (messages.Count == 0)
            return "Messages (messages) must hold at least one message, but is empty";

        for (int at = 0; at < messages.Count; at++)
        {
            if (messages[at] is JsonObject message && FaultOfMessage(message) is { } fault)
                return $"Messages[{at}] must have {fault}";
        }

        return null;
    }

    private static string? FaultOfMessage(JsonObject message)
    {
        if (message["role"] is not { } role)
            return "a role";

        bool isAssistant = role is JsonValue said && said.TryGetValue(out string? name) && name == "assistant";
        if (message.TryGetPropertyValue("content", out JsonNode? content))
        {
            if ((content is null && !isAssistant) || content?.GetValueKind() is JsonValueKind.Number)
                return $"text or parts for its content, not {Kind(content)}";
            if (content is JsonArray parts && parts.OfType<JsonObject>().Any(IsTextWithoutText))
                return "a text in each part of type text, not null";
        }

        return (message["tool_calls"] as JsonArray)?.Any(HasWrongArguments) is true
            ? "the arguments of a tool call as a text of JSON, not as null or JSON itself"
            : null;
    }

    private static bool IsTextWithoutText(JsonObject part) =>
        part["type"] is JsonValue type && type.TryGetValue(out string? kind) && kind == "text" && part.ContainsKey("text") && part["text"] is null;

    private static bool HasWrongArguments(JsonNode? call) =>
        (call as JsonObject)?["function"] is JsonObject function
        && function.TryGetPropertyValue("arguments", out JsonNode? arguments)
        && arguments?.GetValueKind() != JsonValueKind.String;

    private static string Kind(JsonNode? node) => node?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Object => "an object",
        _ => "something else",
    };
}

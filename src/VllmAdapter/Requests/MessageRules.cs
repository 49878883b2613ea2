using System.Text.Json;

namespace VllmAdapter;

/// <summary>What every vLLM refuses about the messages of a body. Typed messages are right by themselves; these may have come by Extra or as a <see cref="RawPart"/>.</summary>
internal static class MessageRules
{
    /// <summary>What is wrong; null if nothing is that every server refuses.</summary>
    public static string? FaultOf(JsonElement body)
    {
        if (body.ListAt("messages"u8) is not { } messages)
            return $"Messages (messages) must be a list, but is {Kind(body.At("messages"u8))}";
        if (messages.GetArrayLength() == 0)
            return "Messages (messages) must hold at least one message, but is empty";

        int at = 0;
        foreach (JsonElement message in messages.EnumerateArray())
        {
            if (message.ValueKind == JsonValueKind.Object && FaultOfMessage(message) is { } fault)
                return $"Messages[{at}] must have {fault}";

            at++;
        }

        return null;
    }

    private static string? FaultOfMessage(JsonElement message)
    {
        JsonElement? role = message.At("role"u8);
        if (role is null)
            return "a role";

        if (message.TryGetProperty("content"u8, out JsonElement content))
        {
            if ((content.ValueKind == JsonValueKind.Null && !role.Says("assistant"u8)) || content.ValueKind == JsonValueKind.Number)
                return $"text or parts for its content, not {Kind(content)}";
            if (content.ValueKind == JsonValueKind.Array && content.EnumerateArray().Any(IsTextWithoutText))
                return "a text in each part of type text, not null";
        }

        return message.ListAt("tool_calls"u8) is { } calls && calls.EnumerateArray().Any(HasWrongArguments)
            ? "the arguments of a tool call as a text of JSON, not as null or JSON itself"
            : null;
    }

    private static bool IsTextWithoutText(JsonElement part) =>
        part.At("type"u8).Says("text"u8) && part.TryGetProperty("text"u8, out JsonElement text) && text.ValueKind == JsonValueKind.Null;

    private static bool HasWrongArguments(JsonElement call) =>
        call.ObjectAt("function"u8) is { } function
        && function.TryGetProperty("arguments"u8, out JsonElement arguments)
        && arguments.ValueKind != JsonValueKind.String;

    private static string Kind(JsonElement? value) => value?.ValueKind switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Object => "an object",
        _ => "something else",
    };
}

using System.Text.Json;

namespace VllmAdapter;

/// <summary>A message as it is saved: one of an OpenAI <c>messages</c> array, with nothing lost and nothing refused.</summary>
internal static class MessageJson
{
    /// <summary>vLLM's own field of past thoughts.</summary>
    public const string Reasoning = "reasoning";

    private const string OtherReasoning = "reasoning_content";

    public static void Write(Utf8JsonWriter json, VllmMessage message)
    {
        json.WriteStartObject();
        switch (message)
        {
            case SystemMessage system:
                WriteSaid(json, "system"u8, system.Text);
                break;

            case DeveloperMessage developer:
                WriteSaid(json, "developer"u8, developer.Text);
                break;

            case UserMessage user:
                json.WriteString("role"u8, "user"u8);
                WriteContent(json, user.Text, user.Parts);
                break;

            case AssistantMessage assistant:
                WriteAssistant(json, assistant);
                break;

            case ToolMessage result:
                json.WriteString("role"u8, "tool"u8);
                json.WriteString("tool_call_id"u8, result.ToolCallId);
                WriteContent(json, result.Parts.Count > 0 && result.Content is "" ? null : result.Content, result.Parts);
                break;

            default:
                throw new NotSupportedException("A message is null, and cannot be written as JSON. Leave it out.");
        }

        if (message.Name is { } name)
            json.WriteString("name"u8, name);
        json.WriteEndObject();
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

    private static void WriteSaid(Utf8JsonWriter json, ReadOnlySpan<byte> role, string? content)
    {
        json.WriteString("role"u8, role);
        json.WriteText("content", content);
    }

    private static void WriteContent(Utf8JsonWriter json, string? text, IReadOnlyList<ContentPart> parts)
    {
        json.WritePropertyName("content"u8);
        if (parts.Count > 0)
            ChatRequestBodyMessages.WriteParts(json, text, parts);
        else
            json.WriteText(text);
    }

    private static void WriteAssistant(Utf8JsonWriter json, AssistantMessage assistant)
    {
        WriteSaid(json, "assistant"u8, assistant.Text);
        if (assistant.Reasoning is { } thoughts)
        {
            bool isUsual = assistant.ReasoningName is null or Reasoning or OtherReasoning;
            json.WriteText(isUsual ? assistant.ReasoningName ?? Reasoning : Reasoning, thoughts);
            if (!isUsual)
                json.WriteString("reasoning_name"u8, assistant.ReasoningName);
        }

        if (assistant.ToolCalls.Count == 0)
            return;

        json.WriteStartArray("tool_calls"u8);
        foreach (ToolCall call in assistant.ToolCalls)
            SentCall.Write(json, call, call.Arguments);
        json.WriteEndArray();
    }

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

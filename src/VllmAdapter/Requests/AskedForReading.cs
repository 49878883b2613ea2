using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads off a finished body what was asked for, so that fields which came by <see cref="ChatRequest.Extra"/> count too.</summary>
internal static class AskedForReading
{
    public static AskedFor Of(ReadOnlyMemory<byte> utf8Body, int? contextWindow)
    {
        using JsonDocument document = JsonDocument.Parse(utf8Body, JsonText.Parsing);
        JsonElement body = document.RootElement;
        return new AskedFor
        {
            // The newer name wins on the server.
            OutputCap = Number(body, "max_completion_tokens") ?? Number(body, "max_tokens"),
            ContextWindow = contextWindow,
            Choices = Number(body, "n") ?? 1,
            CallRequired = Field(body, "tool_choice") is { } choice
                && (choice.ValueKind == JsonValueKind.Object || (choice.ValueKind == JsonValueKind.String && choice.ValueEquals("required"u8))),
            HidesReasoning = Field(body, "include_reasoning")?.ValueKind == JsonValueKind.False,
            Tools = Field(body, "tools") is { ValueKind: JsonValueKind.Array } tools
                ? [.. tools.EnumerateArray().Select(Tool).OfType<DeclaredTool>()]
                : [],
        };
    }

    private static DeclaredTool? Tool(JsonElement tool) =>
        Field(tool, "function") is { } function && Field(function, "name") is { ValueKind: JsonValueKind.String } name
            ? DeclaredTool.From(name.GetString()!, Field(function, "parameters"))
            : null;

    private static int? Number(JsonElement body, string name) =>
        Field(body, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int number) ? number : null;

    private static JsonElement? Field(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out JsonElement value) ? value : null;
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Reads off a finished body what was asked for, so that fields which came by <see cref="ChatRequest.Extra"/> count too.</summary>
internal static class AskedForReading
{
    public static AskedFor Of(JsonObject body, int? contextWindow) => new()
    {
        // The newer name wins on the server.
        OutputCap = Number(body["max_completion_tokens"]) ?? Number(body["max_tokens"]),
        ContextWindow = contextWindow,
        Choices = Number(body["n"]) ?? 1,
        CallRequired = body["tool_choice"] switch
        {
            JsonObject => true,
            JsonValue word => word.GetValueKind() == JsonValueKind.String && word.GetValue<string>() == "required",
            _ => false,
        },
        HidesReasoning = body["include_reasoning"]?.GetValueKind() == JsonValueKind.False,
        Tools = body["tools"] is JsonArray tools ? [.. tools.Select(Tool).OfType<DeclaredTool>()] : [],
    };

    private static DeclaredTool? Tool(JsonNode? tool) =>
        (tool as JsonObject)?["function"] is JsonObject function && function["name"]?.GetValueKind() == JsonValueKind.String
            ? DeclaredTool.From(
                function["name"]!.GetValue<string>(),
                function["parameters"] is { } parameters ? JsonSerializer.SerializeToElement(parameters, VllmJsonContext.Relaxed.JsonNode) : null)
            : null;

    private static int? Number(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.Number && value.AsValue().TryGetValue(out int number) ? number : null;
}

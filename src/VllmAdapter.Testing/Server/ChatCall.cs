using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>What a chat request asks for, as far as the fake server heeds it.</summary>
internal sealed record ChatCall
{
    public required string Id { get; init; }

    public required long Created { get; init; }

    public required string Model { get; init; }

    public bool Stream { get; init; }

    public bool IncludesUsage { get; init; }

    public bool CountsEveryChunk { get; init; }

    public int Choices { get; init; } = 1;

    /// <summary>The output cap after the context window had its say.</summary>
    public required int Cap { get; init; }

    public required int PromptTokens { get; init; }

    public IReadOnlyList<string> Stops { get; init; } = [];

    public bool IncludesStop { get; init; }

    public bool IgnoresEnd { get; init; }

    public bool ShowsReasoning { get; init; } = true;

    public bool AllowsParallelCalls { get; init; } = true;

    public JsonArray Tools { get; init; } = [];

    /// <summary><c>none</c>, <c>auto</c> or <c>required</c>; null when one tool is named.</summary>
    public string? ToolChoice { get; init; }

    public string? NamedTool { get; init; }

    public static ChatCall From(ReceivedRequest request, JsonNode body, VllmProfile profile, int promptTokens, int window, string model, string id, long created)
    {
        JsonNode? options = body["stream_options"];
        JsonArray tools = body["tools"] as JsonArray ?? [];
        int room = Math.Max(0, window - promptTokens);
        return new ChatCall
        {
            Id = "chatcmpl-" + (request.Headers.GetValueOrDefault("X-Request-Id") ?? Text(body["request_id"]) ?? id),
            Created = created,
            Model = model,
            Stream = Flag(body["stream"]) ?? false,
            IncludesUsage = options is not null && (Flag(options["include_usage"]) ?? profile.CountsByDefault),
            CountsEveryChunk = Flag(options?["continuous_usage_stats"]) ?? false,
            Choices = Number(body["n"]) ?? 1,
            Cap = Math.Min(MaxTokens(body) ?? room, room),
            PromptTokens = promptTokens,
            Stops = body["stop"] switch
            {
                JsonArray many => [.. many.Select(Text).OfType<string>()],
                JsonNode one when Text(one) is { } stop => [stop],
                _ => [],
            },
            IncludesStop = Flag(body["include_stop_str_in_output"]) ?? false,
            IgnoresEnd = Flag(body["ignore_eos"]) ?? false,
            ShowsReasoning = Flag(body["include_reasoning"]) ?? true,
            AllowsParallelCalls = Flag(body["parallel_tool_calls"]) ?? true,
            Tools = tools,
            NamedTool = Text(body["tool_choice"]?["function"]?["name"]),
            ToolChoice = body["tool_choice"] is JsonObject ? null : Text(body["tool_choice"]) ?? (tools.Count > 0 ? "auto" : "none"),
        };
    }

    public static int? MaxTokens(JsonNode? body) => Number(body?["max_completion_tokens"]) ?? Number(body?["max_tokens"]);

    public static int? Number(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue(out double number) ? (int)number : null;

    public static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    public static bool? Flag(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>The text of a message's content, be it a string or a list of parts.</summary>
    public static string TextOf(JsonNode? content) => content switch
    {
        JsonArray parts => string.Concat(parts.Select(part => Text(part is JsonObject member ? member["text"] : null))),
        _ => Text(content) ?? "",
    };

    /// <summary>The text of the last message of a user or a tool.</summary>
    public static string LastText(JsonNode? messages) =>
        TextOf((messages as JsonArray)?.LastOrDefault(message => message is JsonObject member && Text(member["role"]) is "user" or "tool")?["content"]);
}

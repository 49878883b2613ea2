using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Agents.Tests.Recorded;

/// <summary>What a recorded request asked for, as options that any chat client takes, with functions that count their calls.</summary>
internal static class RecordedOptions
{
    public static ChatOptions Of(Recording recording, Action<string> ran)
    {
        if (recording.Exchange.Request.Body is not JsonObject body)
            return new ChatOptions();

        CountedFunction[] tools = [.. body.Objects("tools").Select(tool => tool.Object("function")).OfType<JsonObject>()
            .Where(function => function.Text("name") is { Length: > 0 }).Select(function => new CountedFunction(function, ran))];
        return new ChatOptions
        {
            MaxOutputTokens = body.Int("max_tokens") ?? body.Int("max_completion_tokens"),
            Tools = tools.Length > 0 ? [.. tools] : null,
            ToolMode = tools.Length > 0 ? ModeOf(body["tool_choice"]) : null,
            AllowMultipleToolCalls = tools.Length > 0 ? body.Bool("parallel_tool_calls") : null,
        };
    }

    /// <summary>The same for the bridge, which also takes what the others have no option for: several choices, usage, whole replies.</summary>
    /// <remarks>Without what only the server that was recorded would take: the one that replays checks requests as the newest does.</remarks>
    public static ChatOptions ForBridge(Recording recording, Action<string> ran)
    {
        ChatOptions options = Of(recording, ran);
        ChatRequest request = recording.Request() with { Messages = [], Tools = [], ToolChoice = null, MaxTokens = null, Output = null, Sampling = null, Extra = null };
        options.RawRepresentationFactory = _ => request;
        return options;
    }

    private static ChatToolMode? ModeOf(JsonNode? choice) => choice switch
    {
        JsonObject named when named.Object("function")?.Text("name") is { } name => ChatToolMode.RequireSpecific(name),
        JsonValue word when word.TryGetValue(out string? text) => text switch
        {
            "required" => ChatToolMode.RequireAny,
            "none" => ChatToolMode.None,
            _ => ChatToolMode.Auto,
        },
        _ => null,
    };
}

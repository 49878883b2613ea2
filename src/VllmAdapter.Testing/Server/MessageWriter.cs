using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Writes a message, its blocks and its end in the shape of the server's version, as recorded of 0.20.2, 0.32.0 and 0.33.0.</summary>
internal sealed class MessageWriter(FakeCall call, VllmProfile profile)
{
    public static string Error(ServerFault fault) =>
        new JsonObject { ["type"] = "error", ["error"] = new JsonObject { ["type"] = fault.Type, ["message"] = fault.Message } }.ToJsonString();

    /// <summary>The message as it begins.</summary>
    public JsonObject Begun()
    {
        JsonObject message = Head([]);
        (message["stop_reason"], message["stop_sequence"]) = (null, null);
        message["usage"] = new JsonObject { ["input_tokens"] = call.PromptTokens, ["output_tokens"] = 0 };
        return message;
    }

    /// <summary>How it ended: a reason that is missing is <c>end_turn</c>.</summary>
    /// <param name="reason">The chat's reason.</param>
    /// <param name="stop">The stop string or token that was met.</param>
    public JsonObject End(string? reason, JsonNode? stop)
    {
        string? met = profile.HasFieldsOf032 ? stop.Text() : null;
        var end = new JsonObject
        {
            ["stop_reason"] = reason switch
            {
                "length" => "max_tokens",
                "tool_calls" => "tool_use",
                _ => met is null ? "end_turn" : "stop_sequence",
            },
        };
        if (profile.HasFieldsOf032)
            end["stop_sequence"] = met;

        return end;
    }

    public JsonObject Usage(FakeTokens? usage)
    {
        var counts = new JsonObject { ["input_tokens"] = usage?.Prompt ?? call.PromptTokens, ["output_tokens"] = usage?.Completion ?? 0 };
        if (profile is { HasFieldsOf032: true, HasFieldsOf033: false })
            (counts["cache_creation_input_tokens"], counts["cache_read_input_tokens"]) = (0, 0);

        return counts;
    }

    /// <summary>The reply that is not streamed.</summary>
    public string Whole(WholeReply reply)
    {
        WholeChoice? choice = reply.Choices.Count > 0 ? reply.Choices[0] : null;
        JsonArray blocks = [];
        if (choice?.Reasoning is { } reasoning)
            blocks.Add((JsonNode)new JsonObject { ["type"] = "thinking", ["thinking"] = reasoning });
        if (choice?.Text is { } text)
            blocks.Add((JsonNode)new JsonObject { ["type"] = "text", ["text"] = text });
        foreach (WholeCall made in choice?.Calls ?? [])
            blocks.Add((JsonNode)new JsonObject { ["type"] = "tool_use", ["id"] = made.Id, ["name"] = made.Name, ["input"] = InputOf(made) });

        JsonObject message = Head(blocks);
        foreach (var (name, value) in End(choice?.FinishReason, choice?.StopReason))
            message[name] = value?.DeepClone();

        message["usage"] = Usage(reply.Usage);
        return message.ToJsonString();
    }

    // Arguments that are no JSON are lost on this route.
    private static JsonNode InputOf(WholeCall call)
    {
        try
        {
            return LooseJson.Parse(call.Arguments) ?? new JsonObject();
        }
        catch (JsonException)
        {
            return new JsonObject();
        }
    }

    private JsonObject Head(JsonArray content)
    {
        var message = new JsonObject { ["id"] = call.Id };
        if (profile.HasFieldsOf032)
            (message["type"], message["role"]) = ("message", "assistant");

        (message["content"], message["model"]) = (content, call.Model);
        return message;
    }
}

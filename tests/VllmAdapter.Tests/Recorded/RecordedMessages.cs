using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Recorded;

/// <summary>The messages of a recorded body as typed messages; none if one of them is of no known kind.</summary>
internal static class RecordedMessages
{
    public static IReadOnlyList<VllmMessage> From(JsonNode? messages)
    {
        var array = messages as JsonArray ?? [];
        VllmMessage[] typed = [.. array.Select(message => Typed(message as JsonObject)).OfType<VllmMessage>()];
        return typed.Length == array.Count ? typed : [];
    }

    private static VllmMessage? Typed(JsonObject? json)
    {
        VllmMessage? message = (json?.Text("role"), json?["content"]) switch
        {
            ("system", JsonValue content) => VllmMessage.System(content.ToString()),
            ("developer", JsonValue content) => VllmMessage.Developer(content.ToString()),
            ("user", JsonValue content) => VllmMessage.User(content.ToString()),
            ("user", JsonArray { Count: > 0 } parts) => VllmMessage.User([.. parts.Select(Part)]),
            ("assistant", JsonValue or null) => Assistant(json!),
            ("tool", JsonValue content) when json!.Text("tool_call_id") is { } id => VllmMessage.Tool(id, content.ToString()),
            _ => null,
        };
        return message is null ? null : message with { Name = json!.Text("name") };
    }

    private static AssistantMessage Assistant(JsonObject json) => new()
    {
        Text = json.Text("content"),
        Reasoning = json.Text("reasoning"),
        ToolCalls = [.. json.Objects("tool_calls").Select(Call)],
    };

    private static ToolCall Call(JsonObject call) => new(
        call.Text("id") ?? "",
        call.Object("function")?.Text("name") ?? "",
        call.Object("function")?.Text("arguments") ?? "");

    private static ContentPart Part(JsonNode? part)
    {
        JsonObject json = part!.AsObject();
        return json.Text("type") switch
        {
            "text" when json.Text("text") is { } text => ContentPart.Text(text),
            "image_url" when json.Object("image_url") is { } image && image.Text("url") is { } url =>
                new ImagePart(url) { Detail = image.Text("detail") },
            "input_audio" when json.Object("input_audio") is { } audio =>
                new AudioPart(audio.Text("data") ?? "", audio.Text("format") ?? ""),
            "audio_url" when json.Object("audio_url")?.Text("url") is { } url => new AudioUrlPart(url),
            "video_url" when json.Object("video_url")?.Text("url") is { } url => new VideoPart(url),
            _ => ContentPart.Raw(json),
        };
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Writes the conversation as the <c>messages</c> of a request.</summary>
internal static class ChatRequestBodyMessages
{
    public static JsonArray Write(IReadOnlyList<VllmMessage> messages)
    {
        var array = new JsonArray();
        for (int i = 0; i < messages.Count; i++)
            array.Add((JsonNode?)Write(messages[i], $"Messages[{i}]"));

        return array;
    }

    private static JsonObject Write(VllmMessage message, string place)
    {
        JsonObject json = message switch
        {
            SystemMessage system => Said("system", system.Text),
            DeveloperMessage developer => Said("developer", developer.Text),
            UserMessage user => Said("user", Content(user.Text, user.Parts, place)),
            AssistantMessage assistant => Assistant(assistant, place),
            ToolMessage result => Result(result, place),
            _ => throw RequestRefusal.Because($"{place} is null. Leave it out."),
        };
        json.Put("name", message.Name);
        return json;
    }

    private static JsonObject Said(string role, JsonNode? content) => new() { ["role"] = role, ["content"] = content };

    private static JsonObject Result(ToolMessage result, string place) => new()
    {
        ["role"] = "tool",
        ["tool_call_id"] = result.ToolCallId,
        ["content"] = Content(result.Parts.Count > 0 && result.Content.Length == 0 ? null : result.Content, result.Parts, place),
    };

    private static JsonNode Content(string? text, IReadOnlyList<ContentPart> parts, string place)
    {
        if (parts.Count == 0)
            return text ?? throw RequestRefusal.Because($"{place} says nothing. Set its Text or its Parts.");

        var list = new JsonArray();
        if (text is not null)
            list.Add((JsonNode?)Part(new TextPart(text)));
        foreach (ContentPart part in parts)
            list.Add((JsonNode?)Part(part));

        return list;
    }

    public static JsonObject Part(ContentPart part) => part switch
    {
        TextPart text => new JsonObject { ["type"] = "text", ["text"] = text.Text },
        ImagePart image => Image(image),
        AudioPart audio => new JsonObject
        {
            ["type"] = "input_audio",
            ["input_audio"] = new JsonObject { ["data"] = audio.Base64, ["format"] = audio.Format },
        },
        AudioUrlPart audio => AtUrl("audio_url", audio.Url),
        VideoPart video => AtUrl("video_url", video.Url),
        RawPart raw => raw.Json.DeepClone().AsObject(),
        _ => throw RequestRefusal.Because("A part of a message is null. Leave it out."),
    };

    private static JsonObject Image(ImagePart image)
    {
        JsonObject json = AtUrl("image_url", image.Url);
        json["image_url"]!.AsObject().Put("detail", image.Detail);
        json.Put("uuid", image.Uuid);
        return json;
    }

    private static JsonObject AtUrl(string kind, string url) =>
        new() { ["type"] = kind, [kind] = new JsonObject { ["url"] = url } };

    private static JsonObject Assistant(AssistantMessage assistant, string place)
    {
        // The format allows null content only next to calls.
        JsonObject json = Said("assistant", assistant.Text ?? (assistant.ToolCalls.Count > 0 ? null : ""));
        json.Put(assistant.ReasoningName ?? "reasoning", assistant.Reasoning);
        if (assistant.ToolCalls.Count > 0)
            json["tool_calls"] = new JsonArray([.. assistant.ToolCalls.Select(call => Call(call, place))]);

        return json;
    }

    private static JsonObject Call(ToolCall call, string place) => new()
    {
        ["id"] = call.Id,
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = Arguments(call, place) },
    };

    private static string Arguments(ToolCall call, string place)
    {
        if (string.IsNullOrWhiteSpace(call.Arguments))
            return "{}";

        string arguments = SurrogateHalves.ReplacedIn(call.Arguments);
        string? problem;
        try
        {
            using JsonDocument document = JsonDocument.Parse(arguments, JsonText.Parsing);
            JsonValueKind kind = document.RootElement.ValueKind;
            problem = kind == JsonValueKind.Object ? null : $"are a JSON {kind}, not an object";
        }
        catch (JsonException error)
        {
            problem = $"are not JSON ({error.Message})";
        }

        return problem is null
            ? arguments
            : throw RequestRefusal.Because(
                $"{place}: the arguments of tool call '{call.Id}' ({call.Name}) {problem}. "
                + "Leave the call and its result out: with a damaged call in the history vLLM refuses every later "
                + "turn, or shows the model a call without arguments.");
    }
}

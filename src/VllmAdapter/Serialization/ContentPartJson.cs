using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>A part of a message as it is saved, which is as it is sent.</summary>
internal static class ContentPartJson
{
    public static void Write(Utf8JsonWriter json, ContentPart part) => ChatRequestBodyMessages.Write(json, part);

    /// <summary>A part of a kind that is known if it holds nothing else; anything else is kept as it is, and sent as it is.</summary>
    public static ContentPart Read(JsonElement json, string place)
    {
        var fields = new SavedFields(json, place);
        return Known(fields) is { } part && IsAll(part, json) ? part : new RawPart(JsonObject.Create(json.Clone())!);
    }

    private static bool IsAll(ContentPart part, JsonElement json)
    {
        using JsonDocument written = JsonDocument.Parse(RequestJson.ToUtf8(part, RequestWords.LengthOf(part), Write), JsonText.Parsing);
        return JsonElement.DeepEquals(written.RootElement, json);
    }

    private static ContentPart? Known(SavedFields fields) => TextIn(fields, "type") switch
    {
        "text" => TextIn(fields, "text") is { } text ? new TextPart(text) : null,
        "image_url" => Inside(fields, "image_url") is { } image && TextIn(image, "url") is { } url
            ? new ImagePart(url) { Detail = TextIn(image, "detail"), Uuid = TextIn(fields, "uuid") }
            : null,
        "input_audio" => Inside(fields, "input_audio") is { } audio && TextIn(audio, "data") is { } data && TextIn(audio, "format") is { } format
            ? new AudioPart(data, format)
            : null,
        "audio_url" => Inside(fields, "audio_url") is { } audio && TextIn(audio, "url") is { } url ? new AudioUrlPart(url) : null,
        "video_url" => Inside(fields, "video_url") is { } video && TextIn(video, "url") is { } url ? new VideoPart(url) : null,
        _ => null,
    };

    private static SavedFields? Inside(SavedFields fields, string name) =>
        fields.Left.TryGetValue(name, out JsonElement json) && json.ValueKind == JsonValueKind.Object ? fields.Fields(name) : null;

    private static string? TextIn(SavedFields fields, string name) =>
        fields.Left.TryGetValue(name, out JsonElement json) && json.ValueKind == JsonValueKind.String ? json.GetString() : null;
}

using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>What a model that sees refuses about pictures: their addresses. What a picture shows, the fake model does not look at.</summary>
internal sealed class MediaRefusals(RefusalWriter writer)
{
    /// <summary>The kinds of parts that vLLM knows.</summary>
    public static readonly string[] Kinds =
    [
        "audio_embeds", "audio_url", "file", "image_embeds", "image_pil", "image_url", "input_audio", "input_image", "input_text", "output_text",
        "prompt_embeds", "refusal", "text", "thinking", "tool_reference", "video_embeds", "video_url",
    ];

    public WireReply? Of(JsonNode body)
    {
        int at = 0;
        foreach (JsonNode? part in body.At("messages").Items().SelectMany(message => message.At("content").Items()))
        {
            if (part.At("type").Text() == "image_url" && part.At("image_url", "url").Text() is { } url && OfUrl(url, at++) is { } refusal)
                return refusal;
        }

        return null;
    }

    private WireReply? OfUrl(string url, int at)
    {
        if (url.Length == 0)
            return writer.Refuse($"multi_modal_data['image'][{at}] is empty but multi_modal_uuids['image'][{at}] is missing.");
        if (url.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
            return writer.Refuse("Cannot load local files without `--allowed-local-media-path`.", "InternalServerError", status: 500);
        if (url.StartsWith("http:", StringComparison.OrdinalIgnoreCase) || url.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
            return null;
        if (!url.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
            return writer.Refuse("The URL must be either a HTTP, data or file URL.");

        int comma = url.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0 || !url[..comma].EndsWith(";base64", StringComparison.OrdinalIgnoreCase))
            return writer.Refuse("Only base64 data URLs are supported for now.", "NotImplementedError", status: 501);
        string data = url[(comma + 1)..];
        if (data.Length == 0)
            return writer.Refuse("Failed to load image: cannot identify image file <_io.BytesIO object>");
        return data.All(sign => char.IsAsciiLetterOrDigit(sign) || sign is '+' or '/' or '=') ? null : writer.Refuse("Non-base64 digit found");
    }
}

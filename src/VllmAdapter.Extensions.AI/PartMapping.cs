using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>Content as parts that vLLM takes: text, images, audio and video. What it has no place for is refused by name, never left out in silence.</summary>
internal static class PartMapping
{
    /// <returns>The part; null for what says nothing to the model.</returns>
    /// <exception cref="NotSupportedException">vLLM has no place for the content.</exception>
    public static ContentPart? Of(AIContent content, string holder) => content switch
    {
        { RawRepresentation: ContentPart own } => own,
        TextContent text => string.IsNullOrEmpty(text.Text) ? null : ContentPart.Text(text.Text),
        DataContent data when data.HasTopLevelMediaType("image") => new ImagePart(data.Uri) { Detail = DetailOf(data) },
        DataContent data when data.HasTopLevelMediaType("audio") => new AudioPart(data.Base64Data.ToString(), AudioFormatOf(data.MediaType)),
        DataContent data when data.HasTopLevelMediaType("video") => new VideoPart(data.Uri),
        UriContent uri when uri.HasTopLevelMediaType("image") => new ImagePart(uri.Uri.AbsoluteUri) { Detail = DetailOf(uri) },
        UriContent uri when uri.HasTopLevelMediaType("audio") => new AudioUrlPart(uri.Uri.AbsoluteUri),
        UriContent uri when uri.HasTopLevelMediaType("video") => new VideoPart(uri.Uri.AbsoluteUri),
        _ when SaysNothing(content) => null,
        _ => throw Unsupported(content, holder),
    };

    /// <summary>A part as content, which remembers the part: so it comes back as it was, and other clients can read it too.</summary>
    public static AIContent ContentOf(ContentPart part)
    {
        AIContent content = part switch
        {
            TextPart text => new TextContent(text.Text),
            ImagePart image => At(image.Url, "image/*"),
            AudioPart audio => new DataContent($"data:audio/{audio.Format};base64,{audio.Base64}"),
            AudioUrlPart audio => At(audio.Url, "audio/*"),
            VideoPart video => At(video.Url, "video/*"),
            _ => new AIContent(),
        };
        content.RawRepresentation = part;
        return content;

        static AIContent At(string url, string mediaType) =>
            url.StartsWith("data:", StringComparison.OrdinalIgnoreCase) ? new DataContent(url) : new UriContent(url, mediaType);
    }

    /// <summary>Refuses what a message that takes only text would otherwise lose.</summary>
    public static void ThrowIfLost(IEnumerable<AIContent> contents, string holder)
    {
        foreach (AIContent content in contents)
        {
            if (content is not TextContent && !SaysNothing(content))
                throw Unsupported(content, holder);
        }
    }

    // Calls and results go their own way; the rest is about a turn, and no part of it.
    private static bool SaysNothing(AIContent content) =>
        content is FunctionCallContent or FunctionResultContent or TextReasoningContent or UsageContent or ErrorContent;

    private static NotSupportedException Unsupported(AIContent content, string holder) => new(
        $"{holder} holds {NameOf(content)}, which vLLM has no place for. "
        + "A user's message and the result of a tool may hold text, images, audio and video: send the text of a document, or its pages as images.");

    private static string NameOf(AIContent content) => content switch
    {
        DataContent data => $"{data.MediaType}{(data.Name is { Length: > 0 } name ? $" ({name})" : "")}",
        UriContent uri => $"{uri.MediaType} behind a URL",
        HostedFileContent file => $"the hosted file {file.FileId}",
        _ => $"a {content.GetType().Name}",
    };

    private static string? DetailOf(AIContent content) =>
        content.AdditionalProperties is { } properties && properties.TryGetValue("detail", out object? detail) ? detail?.ToString() : null;

    private static string AudioFormatOf(string mediaType) => mediaType[(mediaType.IndexOf('/') + 1)..] switch
    {
        "mpeg" or "mpeg3" or "x-mpeg-3" => "mp3",
        "x-wav" or "wave" or "vnd.wave" => "wav",
        "x-flac" => "flac",
        var format => format,
    };
}

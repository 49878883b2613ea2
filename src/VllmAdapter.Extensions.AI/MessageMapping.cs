using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>The conversation as messages that vLLM takes. Content that it has no place for is left out.</summary>
/// <remarks>
/// A call enters together with its result or not at all: chat templates refuse the one without the other, and vLLM refuses damaged calls.
/// </remarks>
internal static class MessageMapping
{
    private static readonly ChatRole Developer = new("developer");

    public static IEnumerable<Message> Map(IEnumerable<ChatMessage> messages)
    {
        List<ChatMessage> all = [.. messages];
        HashSet<string> answered = [.. all.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Select(result => result.CallId)];
        HashSet<string> called = new(StringComparer.Ordinal);
        foreach (ChatMessage message in all)
        {
            foreach (Message mapped in Map(message, answered, called))
                yield return mapped;
        }
    }

    private static IEnumerable<Message> Map(ChatMessage message, HashSet<string> answered, HashSet<string> called)
    {
        foreach (FunctionResultContent result in message.Contents.OfType<FunctionResultContent>())
        {
            if (called.Contains(result.CallId))
                yield return new ToolResult(result.CallId, ResultText.Of(result));
        }

        if (message.Role == ChatRole.System && message.Text.Length > 0)
        {
            yield return new SystemMessage(message.Text);
        }
        else if (message.Role == Developer && message.Text.Length > 0)
        {
            yield return new DeveloperMessage(message.Text);
        }
        else if (message.Role == ChatRole.Assistant)
        {
            if (Assistant(message, answered, called) is { } assistant)
                yield return assistant;
        }
        else if (message.Role == ChatRole.User && User(message) is { } user)
        {
            yield return user;
        }
    }

    private static AssistantMessage? Assistant(ChatMessage message, HashSet<string> answered, HashSet<string> called)
    {
        List<AssistantToolCall> calls =
        [
            .. message.Contents.OfType<FunctionCallContent>()
                .Where(call => answered.Contains(call.CallId)).Select(ToolMapping.Replayable).OfType<AssistantToolCall>(),
        ];
        called.UnionWith(calls.Select(call => call.Id));
        string reasoning = string.Concat(message.Contents.OfType<TextReasoningContent>().Select(thought => thought.Text));
        return message.Text.Length == 0 && calls.Count == 0 ? null : new AssistantMessage
        {
            Name = message.AuthorName,
            Text = message.Text.Length > 0 ? message.Text : null,
            Reasoning = reasoning.Length > 0 ? reasoning : null,
            ToolCalls = calls,
        };
    }

    private static UserMessage? User(ChatMessage message)
    {
        ContentPart[] parts = [.. message.Contents.Select(Part).OfType<ContentPart>()];
        return parts.Length == 0 ? null
            : parts.All(part => part is TextPart) ? new UserMessage { Name = message.AuthorName, Text = message.Text }
            : new UserMessage { Name = message.AuthorName, Parts = parts };
    }

    private static ContentPart? Part(AIContent content) => content switch
    {
        { RawRepresentation: ContentPart own } => own,
        TextContent { Text.Length: > 0 } text => ContentPart.Text(text.Text),
        DataContent data when data.HasTopLevelMediaType("image") => new ImagePart(data.Uri) { Detail = DetailOf(data) },
        DataContent data when data.HasTopLevelMediaType("audio") => new AudioPart(data.Base64Data.ToString(), AudioFormatOf(data.MediaType)),
        DataContent data when data.HasTopLevelMediaType("video") => new VideoPart(data.Uri),
        UriContent uri when uri.HasTopLevelMediaType("image") => new ImagePart(uri.Uri.AbsoluteUri) { Detail = DetailOf(uri) },
        UriContent uri when uri.HasTopLevelMediaType("audio") => new AudioUrlPart(uri.Uri.AbsoluteUri),
        UriContent uri when uri.HasTopLevelMediaType("video") => new VideoPart(uri.Uri.AbsoluteUri),
        _ => null,
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

using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>The conversation as messages that vLLM takes. Content that it has no place for is refused.</summary>
/// <remarks>
/// A call enters together with its result or not at all: chat templates refuse the one without the other, and vLLM refuses damaged calls.
/// </remarks>
internal static class MessageMapping
{
    private static readonly ChatRole Developer = new("developer");

    public static IEnumerable<VllmMessage> Map(IEnumerable<ChatMessage> messages)
    {
        List<ChatMessage> all = [.. messages];
        HashSet<string> answered = [.. all.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Select(result => result.CallId)];
        HashSet<string> called = new(StringComparer.Ordinal);
        foreach (ChatMessage message in all)
        {
            foreach (VllmMessage mapped in Map(message, answered, called))
                yield return mapped;
        }
    }

    private static IEnumerable<VllmMessage> Map(ChatMessage message, HashSet<string> answered, HashSet<string> called)
    {
        foreach (FunctionResultContent result in message.Contents.OfType<FunctionResultContent>())
        {
            if (called.Contains(result.CallId))
                yield return ToolMessageMapping.Of(result);
        }

        if (message.Role != ChatRole.User)
            PartMapping.ThrowIfLost(message.Contents, $"A message of the role '{message.Role}'");

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
        List<ToolCall> calls =
        [
            .. message.Contents.OfType<FunctionCallContent>()
                .Where(call => answered.Contains(call.CallId)).Select(ToolMapping.Replayable).OfType<ToolCall>(),
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
        ContentPart[] parts = [.. message.Contents.Select(content => PartMapping.Of(content, "A user's message")).OfType<ContentPart>()];
        return parts.Length == 0 ? null
            : parts.All(part => part is TextPart) ? new UserMessage { Name = message.AuthorName, Text = message.Text }
            : new UserMessage { Name = message.AuthorName, Parts = parts };
    }
}

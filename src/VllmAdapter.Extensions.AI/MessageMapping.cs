using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>The conversation as messages that vLLM takes. Content that it has no place for is refused.</summary>
/// <remarks>
/// A call enters together with its result or not at all: chat templates refuse the one without the other, and vLLM refuses damaged calls.
/// An assistant's turn of which nothing is left stays as an empty one: many templates refuse two messages of the user in a row.
/// </remarks>
internal static class MessageMapping
{
    private static readonly ChatRole Developer = new("developer");

    /// <exception cref="NotSupportedException">Something would be lost; the message names it.</exception>
    public static IReadOnlyList<VllmMessage> Map(IEnumerable<ChatMessage> messages)
    {
        List<ChatMessage> all = [.. messages];
        IReadOnlyList<IReadOnlyList<AnsweredCall>> calls = AnsweredCall.In(all);
        List<VllmMessage> mapped = [];
        for (int at = 0; at < all.Count; at++)
        {
            if (all[at].RawRepresentation is VllmMessage own)
                mapped.Add(own);
            else if (all[at].Role == ChatRole.Assistant)
                AddAssistant(mapped, all[at], calls[at], before: at > 0 ? all[at - 1] : null);
            else if (Spoken(all[at]) is { } spoken)
                mapped.Add(spoken);
        }

        // With nothing after it, an empty turn is none.
        while (mapped is [.., AssistantMessage { Text: "", Reasoning: null, ToolCalls.Count: 0 }])
            mapped.RemoveAt(mapped.Count - 1);

        return mapped;
    }

    private static VllmMessage? Spoken(ChatMessage message)
    {
        if (message.Role == ChatRole.User)
            return User(message);

        PartMapping.ThrowIfLost(message.Contents, $"A message of the role '{message.Role}'");
        string text = Joined(message);
        if (text.Length == 0 || (message.Role == ChatRole.Tool && RepeatsItsResult(message, text)))
            return null;

        return message.Role == ChatRole.System ? new SystemMessage(text) { Name = message.AuthorName }
            : message.Role == Developer ? new DeveloperMessage(text) { Name = message.AuthorName }
            : throw new NotSupportedException(
                message.Role == ChatRole.Tool
                    ? "A message of the role 'tool' contains text besides its results, which vLLM has no place for. Put it into the FunctionResultContent."
                    : $"vLLM does not know the role '{message.Role}'. Send the text as a message of the system, the user or the assistant.");
    }

    private static void AddAssistant(List<VllmMessage> mapped, ChatMessage message, IReadOnlyList<AnsweredCall> calls, ChatMessage? before)
    {
        PartMapping.ThrowIfLost(message.Contents, "A message of the role 'assistant'");
        AnsweredCall[] answered = [.. calls.Where(call => call.Result is not null)];
        string reasoning = string.Concat(message.Contents.OfType<TextReasoningContent>().Select(thought => thought.Text));
        string text = message.Text.Length > 0 ? message.Text : RefusalOf(message);
        var assistant = new AssistantMessage
        {
            Name = message.AuthorName,
            Text = text.Length > 0 || answered.Length == 0 ? text : null,
            Reasoning = reasoning.Length > 0 ? reasoning : null,
            ToolCalls = [.. answered.Select(call => call.Call)],
        };

        // What the model said before it was corrected, and after: two messages of an assistant in a row are refused by templates, too.
        if (mapped is [.., AssistantMessage first] && MessageIds.AreOfOneResponse(before?.MessageId, message.MessageId))
            mapped[^1] = After(first, assistant);
        else
            mapped.Add(assistant);

        mapped.AddRange(answered.Select(call => ToolMessageMapping.Of(call.Result!)));
    }

    private static AssistantMessage After(AssistantMessage first, AssistantMessage next) => next with
    {
        Text = Lines(first.Text, next.Text) ?? (next.ToolCalls.Count == 0 ? "" : null),
        Reasoning = Lines(first.Reasoning, next.Reasoning),
    };

    private static UserMessage? User(ChatMessage message)
    {
        ContentPart[] parts = [.. message.Contents.Select(content => PartMapping.Of(content, "A user's message")).OfType<ContentPart>()];
        return parts switch
        {
            [] => null,
            [TextPart only] => new UserMessage { Name = message.AuthorName, Text = only.Text },
            _ => new UserMessage { Name = message.AuthorName, Parts = parts },
        };
    }

    // vLLM joins parts of text like this for templates that take text alone.
    private static string Joined(ChatMessage message) =>
        string.Join('\n', message.Contents.OfType<TextContent>().Select(text => text.Text).Where(text => !string.IsNullOrEmpty(text)));

    private static string? Lines(string? first, string? next) =>
        string.IsNullOrEmpty(first) ? (string.IsNullOrEmpty(next) ? null : next) : string.IsNullOrEmpty(next) ? first : $"{first}\n{next}";

    private static string RefusalOf(ChatMessage message) => string.Concat(message.Contents.OfType<ErrorContent>()
        .Where(error => error.ErrorCode == VllmChatClientExtensions.RefusalErrorCode).Select(error => error.Message));

    // Semantic Kernel writes a result as text, too.
    private static bool RepeatsItsResult(ChatMessage message, string text) => message.Contents.OfType<FunctionResultContent>()
        .Any(result => ToolMessageMapping.PartsOf(result.Result) is [TextPart said] && string.Equals(said.Text, text, StringComparison.Ordinal));
}

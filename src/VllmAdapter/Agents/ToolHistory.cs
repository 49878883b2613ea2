namespace VllmAdapter.Agents;

/// <summary>Puts a turn of a <see cref="ToolLoop"/> into the history, with what the model must be told of it.</summary>
internal static class ToolHistory
{
    public static ChatRequest After(
        ChatRequest request, StreamOutcome turn, bool keepReasoning, IReadOnlyList<CallFinished> calls, string? told)
    {
        ChatRequest after = request.With(turn, keepReasoning, calls.Select(ResultOf));
        if (told is null)
            return after;

        // Templates such as Gemma's and Mistral's want user and assistant to take turns, and none but the model to speak after a tool:
        // so the words join the message before them, unless that is the model's own.
        return after.Messages[^1] switch
        {
            ToolMessage { Parts.Count: > 0 } result => EndingWith(after, result with { Parts = [.. result.Parts, ContentPart.Text(told)] }),
            ToolMessage result => EndingWith(after, result with { Content = $"{result.Content}\n\n{told}" }),
            UserMessage { Parts.Count: > 0 } user => EndingWith(after, user with { Parts = [.. user.Parts, ContentPart.Text(told)] }),
            UserMessage user => EndingWith(after, user with { Text = $"{user.Text}\n\n{told}" }),
            _ => after.With(VllmMessage.User(told)),
        };
    }

    private static ToolMessage ResultOf(CallFinished call) => call.Parts.Count > 0
        ? new ToolMessage(call.Call.Id, "") { Parts = call.Parts }
        : new ToolMessage(call.Call.Id, call.Content);

    private static ChatRequest EndingWith(ChatRequest request, VllmMessage last) =>
        request with { Messages = [.. request.Messages.SkipLast(1), last] };
}

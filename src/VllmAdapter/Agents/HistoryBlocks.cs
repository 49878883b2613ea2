namespace VllmAdapter.Agents;

/// <summary>Divides a history into what can be left out as one: never a call without its results, nor an answer without its question.</summary>
/// <remarks>
/// Templates such as Mistral's and Gemma's want user and assistant to take turns. So before the question that a run is about a block is one exchange,
/// from a user's message to the next; behind it a block is one turn of the model with the results of its calls.
/// </remarks>
internal static class HistoryBlocks
{
    // What a template writes around a message.
    private const long Overhead = 20;

    // A thousand tokens, about what a picture takes.
    private const long Picture = 4000;

    /// <param name="messages">The history.</param>
    /// <param name="question">The index of the message that the run is about; -1 if there is none.</param>
    /// <returns>
    /// The indexes of each block that may be left out, oldest first. Not among them: system and developer messages, the question, the last message of a
    /// user, and the last block, which the model is to go on from.
    /// </returns>
    public static IReadOnlyList<IReadOnlyList<int>> Removable(IReadOnlyList<VllmMessage> messages, int question)
    {
        List<List<int>> blocks = [];
        VllmMessage? before = null;
        int lastOfUser = question;
        for (int i = 0; i < messages.Count; i++)
        {
            VllmMessage message = messages[i];
            if (message is SystemMessage or DeveloperMessage)
                continue;

            if (before is null || (i <= question ? message is UserMessage && before is not UserMessage : message is AssistantMessage))
                blocks.Add([]);

            blocks[^1].Add(i);
            before = message;
            if (message is UserMessage)
                lastOfUser = Math.Max(lastOfUser, i);
        }

        return [.. blocks.SkipLast(1).Where(block => !block.Contains(question) && !block.Contains(lastOfUser))];
    }

    /// <summary>About how much of a prompt a message makes up, in characters; only the proportions matter.</summary>
    public static long WeightOf(VllmMessage message) => Overhead + message switch
    {
        SystemMessage system => system.Text.Length,
        DeveloperMessage developer => developer.Text.Length,
        UserMessage user => (user.Text?.Length ?? 0) + WeightOf(user.Parts),
        AssistantMessage assistant => (assistant.Text?.Length ?? 0) + (assistant.Reasoning?.Length ?? 0)
            + assistant.ToolCalls.Sum(call => Overhead + call.Name.Length + call.Arguments.Length),
        ToolMessage tool => tool.Content.Length + WeightOf(tool.Parts),
        _ => 0,
    };

    private static long WeightOf(IEnumerable<ContentPart> parts) => parts.Sum(part => part is TextPart text ? text.Text.Length : Picture);
}

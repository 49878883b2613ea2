namespace VllmAdapter;

/// <summary>Turns an outcome into messages that every vLLM version and chat template takes back.</summary>
internal static class ChatHistory
{
    public static IReadOnlyList<VllmMessage> Of(
        IReadOnlyList<VllmMessage> before, StreamOutcome turn, bool keepReasoning, IEnumerable<ToolMessage> results)
    {
        HashSet<string> taken = [.. before.OfType<AssistantMessage>().SelectMany(message => message.ToolCalls).Select(call => call.Id)];
        List<ToolMessage> given = [.. results];
        List<ToolCall> calls = [];
        List<ToolMessage> answers = [];
        foreach (ToolCall call in turn.ToolCalls.Where(call => call.ChoiceIndex == 0))
        {
            if (ReplayableArguments(call) is not { } arguments)
                continue;

            string id = call.IdIsSynthetic ? NotIn(taken, call.Id) : call.Id;
            calls.Add(new ToolCall(id, call.Name, arguments));
            answers.Add((Take(given, call.Id) ?? new ToolMessage(id, WordsInstead(call))) with { ToolCallId = id });
        }

        ThrowIfForeign(given, turn);
        string? text = TextOrNull(turn, choice => choice.Text);
        string? thoughts = keepReasoning ? TextOrNull(turn, choice => choice.Reasoning) : null;
        return text is null && calls.Count == 0
            ? []
            : [new AssistantMessage { Text = text, Reasoning = thoughts, ReasoningName = ReasoningName(turn), ToolCalls = calls }, .. answers];
    }

    // vLLM 0.8.5 answers 400 to arguments that are "" or broken, in this and every later turn.
    private static string? ReplayableArguments(ToolCall call) => ArgumentsTextReading.Read(call.Arguments) switch
    {
        ArgumentsText.Object => SurrogateHalves.ReplacedIn(call.Arguments),
        ArgumentsText.Empty => "{}",
        _ => null,
    };

    // Templates such as Mistral's refuse a call that is not answered.
    private static string WordsInstead(ToolCall call) =>
        call.Problems.Count > 0 ? $"The call was not run. {string.Join(' ', call.Problems)}" : "The call was not run.";

    // Two replies may have one id, or none: then a made-up id of the one is that of the other.
    private static string NotIn(HashSet<string> taken, string id)
    {
        string free = id;
        for (int i = 2; !taken.Add(free); i++)
            free = $"{id}-{i}";

        return free;
    }

    // Servers that send the same id twice are served in order.
    private static ToolMessage? Take(List<ToolMessage> given, string id)
    {
        int at = given.FindIndex(result => string.Equals(result.ToolCallId, id, StringComparison.Ordinal));
        if (at < 0)
            return null;

        ToolMessage result = given[at];
        given.RemoveAt(at);
        return result;
    }

    // The result of a withheld call goes the way of its call: it stays out.
    private static void ThrowIfForeign(List<ToolMessage> results, StreamOutcome turn)
    {
        foreach (ToolMessage result in results)
        {
            if (!turn.WithheldToolCalls.Any(call => call.Id == result.ToolCallId) && !turn.ToolCalls.Any(call => call.Id == result.ToolCallId))
            {
                throw new ArgumentException(
                    $"There is a result for '{result.ToolCallId}', but the turn has no call with this id. "
                    + "Take the ids from the outcome's ToolCalls, and give each one result.",
                    nameof(results));
            }
        }
    }

    private static string? ReasoningName(StreamOutcome turn) => turn.Received.FirstOrDefault(choice => choice.Index == 0)?.ReasoningName;

    private static string? TextOrNull(StreamOutcome turn, Func<ChatChoice, string> part)
    {
        foreach (ChatChoice choice in turn.Received)
        {
            if (choice.Index == 0 && part(choice) is { Length: > 0 } text)
                return text;
        }

        return null;
    }
}

namespace VllmAdapter.Tool.Check;

/// <summary>Do calls come, whole and under their names?</summary>
internal static class ToolProbes
{
    public static IReadOnlyList<IProbe> All { get; } =
    [
        new CallProbe("tool-auto", "Does a call come when the model may call?", Questions.Paris),
        new CallProbe("tool-no-arguments", "Does a call without arguments come whole?", Questions.Dice),
        new CallProbe("tool-two-calls", "Do two calls come, each whole?", Questions.TwoCities, mostCalls: 2),
        new CallProbe("tool-required", "Does a call come when it is required?", Questions.Paris.Must()),
        new CallProbe("tool-named", "Does a call come when its tool is named?", Questions.Paris.MustUse("get_weather")),
        new ChatProbe("tool-none", "Does tool_choice none keep calls out of the text?", Questions.Hello with { Tools = Questions.Paris.Tools, ToolChoice = ToolChoice.None }, LookAtNone),
        new ChatProbe("tool-one-at-a-time", "Is parallel_tool_calls false respected?", Questions.TwoCities with { ParallelToolCalls = false }, LookAtOne),
        new ChatProbe("tool-two-answers", "Do calls of two answers at once each have a name?", Questions.Paris.Drawn() with { ChoiceCount = 2 }, LookAtCalls),
        new ChatProbe("tool-history", "Can a call and its result be sent back?", History, LookAtHistory),
    ];

    private static ChatRequest History => Questions.Dice with
    {
        Messages =
        [
            .. Questions.Dice.Messages,
            VllmMessage.Assistant("", new ToolCall("call-1", "get_random_number", "{}")),
            VllmMessage.Tool("call-1", "4"),
        ],
    };

    private static void LookAtNone(ProbeRun run, ChatAnswer answer)
    {
        if (answer.ToolCalls.Count > 0)
            run.Find(CallKinds.CallInTextOfNone, $"It even called {answer.ToolCalls[0].Name}.", answer.Outcome.Evidence.RequestId);
        TextProbes.LookAtEnd(run, answer);
    }

    private static void LookAtOne(ProbeRun run, ChatAnswer answer)
    {
        if (answer.ToolCalls.Count > 1)
            run.Find(CallKinds.ParallelIgnored, $"{answer.ToolCalls.Count} calls came.", answer.Outcome.Evidence.RequestId);
        LookAtCalls(run, answer);
    }

    private static void LookAtCalls(ProbeRun run, ChatAnswer answer)
    {
        if (answer.Outcome.Evidence.Choices.All(choice => choice.ToolCalls.Count == 0))
            run.CannotTell($"The model did not call: {EndFindings.Said(answer.Outcome)}");
        TextProbes.LookAtEnd(run, answer);
    }

    private static void LookAtHistory(ProbeRun run, ChatAnswer answer)
    {
        if (answer.Text.Length == 0 && answer.ToolCalls.Count == 0 && answer.Outcome.IsComplete)
            run.CannotTell("The model said nothing about the result.");
        TextProbes.LookAtEnd(run, answer);
    }
}

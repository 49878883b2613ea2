namespace VllmAdapter.Testing;

/// <summary>Holds what came of a scenario against what had to come, and against what is promised of every answer.</summary>
internal static class ScenarioCheck
{
    private static readonly BudgetLimits Limits = BudgetLimits.OfTotal(1_000);

    public static IEnumerable<string> DeviationsOf(ScenarioResult result)
    {
        ExpectedEnd expected = result.Scenario.Expected;
        return expected.Verdict is null
            ? DeviationsOfFailure(result, expected)
            : result.Answer is { } answer
                ? [.. DeviationsOfEnd(answer, expected), .. DeviationsOfTools(answer.Outcome, expected), .. BrokenPromises(result, answer, expected)]
                : [$"Expected {expected.Verdict}, but there was no stream: {result.Thrown?.Message ?? "it ended without an outcome"}"];
    }

    private static IEnumerable<string> DeviationsOfFailure(ScenarioResult result, ExpectedEnd expected)
    {
        if (result.Thrown is not VllmRequestException refused)
            yield return $"Expected the request to fail ({expected.Failure}), but {Describe(result.Thrown)}.";
        else if (refused.Failure != expected.Failure)
            yield return $"Expected the failure {expected.Failure}, but it was {refused.Failure}.";

        if (result.Chunks.Count > 0)
            yield return $"Expected no chunk of a request that fails, but {result.Chunks.Count} came.";
    }

    private static IEnumerable<string> DeviationsOfEnd(ChatAnswer answer, ExpectedEnd expected)
    {
        StreamOutcome outcome = answer.Outcome;
        if (outcome.Verdict != expected.Verdict)
            yield return $"Expected {expected.Verdict}, but it was {outcome.Verdict}.";

        if (expected.Certainty is { } certainty && outcome.Certainty != certainty)
            yield return $"Expected a verdict that is {certainty}, but it was {outcome.Certainty}.";

        if (expected.Text is { } text && answer.Text != text)
            yield return $"Expected the text \"{text}\", but it was \"{answer.Text}\".";

        if (expected.Reasoning is { } reasoning && answer.Reasoning != reasoning)
            yield return $"Expected the reasoning \"{reasoning}\", but it was \"{answer.Reasoning}\".";

        if (expected.ChoiceVerdicts.Count > 0 && !expected.ChoiceVerdicts.SequenceEqual(outcome.Choices.Select(choice => choice.Verdict)))
            yield return $"Expected choices that are {List(expected.ChoiceVerdicts)}, but they were {List(outcome.Choices.Select(choice => choice.Verdict))}.";

        if (expected.Limit is { } limit && outcome.Limit != limit)
            yield return $"Expected the limit {limit}, but it was {outcome.Limit?.ToString() ?? "none"}.";

        foreach (OutcomeNoteKind kind in expected.Notes)
        {
            if (outcome.Notes.All(note => note.Kind != kind))
                yield return $"Expected the note {kind}, but there was {List(outcome.Notes.Select(note => note.Kind))}.";
        }

        BudgetState state = new TokenBudget(Limits).Record(outcome).State;
        if (expected.Budget is { } budget ? state != budget : state == BudgetState.Exhausted)
            yield return $"Expected a budget of {Limits.Total} tokens that is {expected.Budget?.ToString() ?? "not exhausted"}, but it was {state}.";
    }

    private static IEnumerable<string> DeviationsOfTools(StreamOutcome outcome, ExpectedEnd expected)
    {
        if (!AreSame(expected.ReadyCalls, outcome.ToolCalls))
        {
            yield return $"Expected ready calls: {List(expected.ReadyCalls.Select(Describe))}; "
                + $"but they were: {List(outcome.ToolCalls.Select(Describe))}.";
        }

        if (!expected.Withheld.SequenceEqual(outcome.WithheldToolCalls.Select(call => call.Reason)))
        {
            yield return $"Expected withheld calls: {List(expected.Withheld)}; "
                + $"but they were: {List(outcome.WithheldToolCalls.Select(call => call.Reason))}.";
        }
    }

    private static IEnumerable<string> BrokenPromises(ScenarioResult result, ChatAnswer answer, ExpectedEnd expected)
    {
        if (result.Chunks.Count(chunk => chunk.Outcome is not null) != 1 || result.Chunks[^1].Outcome is null)
            yield return "The last chunk, and only that, carries the outcome.";

        if (string.Concat(result.Chunks.Where(chunk => chunk.ChoiceIndex == 0).Select(chunk => chunk.Text)) != answer.Text)
            yield return "The text of the chunks is not the text of the completion.";

        bool isToThrow = expected.Throws;
        if (isToThrow != result.Thrown is IncompleteStreamException || (!isToThrow && result.Thrown is not null))
            yield return $"An answer that is {expected.Verdict} {(isToThrow ? "throws" : "does not throw")}, but {Describe(result.Thrown)}.";
    }

    private static bool AreSame(IReadOnlyList<ExpectedCall> expected, IReadOnlyList<ToolCall> ready) =>
        expected.Count == ready.Count && expected.Zip(ready).All(pair =>
            pair.First.Name == pair.Second.Name
            && SameJson.Are(pair.First.Arguments, pair.Second.Arguments)
            && pair.First.HasProblems == pair.Second.Problems.Count > 0);

    private static string Describe(ExpectedCall call) => $"{call.Name} {call.Arguments}{(call.HasProblems ? " (with problems)" : "")}";

    private static string Describe(ToolCall call) => $"{call.Name} {call.Arguments}{(call.Problems.Count > 0 ? " (with problems)" : "")}";

    private static string Describe(Exception? thrown) => thrown is null ? "nothing was thrown" : $"it threw {thrown.GetType().Name}: {thrown.Message}";

    private static string List<T>(IEnumerable<T> items) => string.Join(", ", items) is { Length: > 0 } all ? all : "none";
}

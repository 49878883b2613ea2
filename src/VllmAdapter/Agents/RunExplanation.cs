namespace VllmAdapter.Agents;

/// <summary>Says in plain sentences how a run ended, and what became of its calls.</summary>
internal static class RunExplanation
{
    private const int MostNamed = 3;
    private const int LongestName = 60;

    public static string Of(ToolLoopResult run)
    {
        string turns = OutcomeNotes.Count(run.Turns.Count, "turn");
        string end = run.Verdict switch
        {
            ToolLoopVerdict.Answered => $"Answered after {turns}, {Calls(run)}.",
            ToolLoopVerdict.BudgetExhausted => $"Stopped after {turns}: {run.Budget?.Explain()}",
            ToolLoopVerdict.TurnLimit =>
                $"Stopped after {turns}, the most allowed. Raise {nameof(ToolLoopOptions)}.{nameof(ToolLoopOptions.MaxTurns)} if the run is worth it.",
            ToolLoopVerdict.HandlerFailed => $"Stopped after {turns}, because a tool failed: {ExceptionSentence.Of(run.Failure)}",
            ToolLoopVerdict.StoppedByCaller =>
                $"Stopped after {turns}: {nameof(ToolLoopOptions.BeforeCall)} did not allow '{Named(run.StoppedAt?.Name)}' to run.",
            _ => $"Stopped after {turns}: {ExceptionSentence.Of(run.Failure) ?? WhyUnusable(run.Turns[^1])}",
        };

        // An answer may rest on a call that failed; any other end may come of it.
        if (run.Verdict != ToolLoopVerdict.Answered && Troubles(run) is { Length: > 0 } troubles)
            end = $"{end} Of its calls, {troubles}.";

        return run.LeftOut.Count == 0 ? end : $"{end} {OutcomeNotes.Count(run.LeftOut.Count, "message")} of the history left out, to fit the window.";
    }

    private static string Calls(ToolLoopResult run)
    {
        string ran = $"{OutcomeNotes.Count(run.Calls.Count(call => call.WasRun), "call")} run";
        return Troubles(run) is { Length: > 0 } troubles ? $"{ran}, {troubles}" : ran;
    }

    private static string Troubles(ToolLoopResult run) => string.Join(", ", new[]
    {
        Listed(run.Calls.Where(call => call.Failure is not null), "failed", call => call.Failure!.GetType().Name),
        Listed(run.Calls.Where(call => !call.WasRun), "not run", call => call.NotRunBecause),
    }.OfType<string>());

    // "2 calls failed (get_weather: TimeoutException)": never with an exception's message, which may hold secrets.
    private static string? Listed(IEnumerable<CallFinished> calls, string what, Func<CallFinished, string?> why)
    {
        List<string> each = [.. calls.Select(call => why(call) is { } reason ? $"{Named(call.Call.Name)}: {reason}" : Named(call.Call.Name))];
        string[] distinct = [.. each.Distinct(StringComparer.Ordinal)];
        return each.Count == 0
            ? null
            : $"{OutcomeNotes.Count(each.Count, "call")} {what} ({string.Join("; ", distinct.Take(MostNamed))}{(distinct.Length > MostNamed ? "; .." : "")})";
    }

    // A name that no tool has is the model's word.
    private static string Named(string? name) => ServerText.Quote(name, LongestName) ?? "";

    private static string WhyUnusable(StreamOutcome turn) =>
        turn.IsComplete && (TurnUses.ComplaintsAbout(turn) is { Count: > 0 } complaints) ? string.Join(' ', complaints) : turn.Explain();
}

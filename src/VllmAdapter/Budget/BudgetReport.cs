namespace VllmAdapter.Diagnostics;

/// <summary>Whether a budget allows to go on.</summary>
public enum BudgetState
{
    /// <summary>Even by the highest possible count something is left: go on.</summary>
    Available = 1,

    /// <summary>Even by the lowest possible count a limit is reached: stop. Never inferred from missing data.</summary>
    Exhausted,

    /// <summary>It cannot be told, because <see cref="BudgetReport.Missing"/> is missing: settle it with <see cref="TokenBudget.Resolve"/>, or decide yourself.</summary>
    Indeterminate,
}

/// <summary>Which limit a budget has reached.</summary>
public enum BudgetCause
{
    /// <summary><see cref="BudgetLimits.Total"/>: start a new run, or raise it.</summary>
    Total = 1,

    /// <summary><see cref="BudgetLimits.Completion"/>: start a new run, or raise it.</summary>
    Completion,

    /// <summary><see cref="BudgetLimits.Turns"/>: the run goes in circles, or the limit is too low.</summary>
    Turns,

    /// <summary><see cref="BudgetLimits.ContextWindow"/>: shorten the conversation.</summary>
    ContextWindow,
}

/// <summary>What a server did not tell of the tokens of a turn.</summary>
public enum MissingMetadata
{
    /// <summary>No usage at all, or one that does not count the prompt: ask for it with <see cref="UsageReporting"/>; a gateway may strip it.</summary>
    Usage = 1,

    /// <summary>Usage came with the chunks, but the stream ended before the final one.</summary>
    FinalUsage,

    /// <summary>
    /// The counts of several choices are at least so high: nothing shows that the server counts them right (vLLM 0.8.5, which names no version,
    /// counts one token too few for each).
    /// </summary>
    UsageOfEachChoice,

    /// <summary>Usage came, but it counts more tokens than the request allowed, so it proves nothing: settle the turn with a count of your own.</summary>
    CredibleUsage,
}

/// <summary>A budget's answer.</summary>
public sealed record BudgetReport
{
    /// <summary>Whether the budget allows to go on.</summary>
    public BudgetState State { get; init; }

    /// <summary>Prompt and completion tokens of all turns, as far as they are known.</summary>
    public TokenCount Spent { get; init; }

    /// <summary>Completion tokens of all turns, as far as they are known.</summary>
    public TokenCount SpentOnCompletion { get; init; }

    /// <summary>Tokens left under the tightest token limit, or null if no token limit is set.</summary>
    public TokenCount? Remaining { get; init; }

    /// <summary>Which limit is reached, when <see cref="State"/> is <see cref="BudgetState.Exhausted"/>; which may be, when it is indeterminate.</summary>
    public BudgetCause? Cause { get; init; }

    /// <summary>Which facts are missing, when the count is not exact.</summary>
    public IReadOnlyList<MissingMetadata> Missing { get; init; } = [];

    /// <summary>The answer in one sentence.</summary>
    public string Explain() => State switch
    {
        BudgetState.Exhausted => $"The budget is exhausted: {Limit} is reached; {Spent} tokens spent.",
        BudgetState.Available => $"The budget allows to go on: {Spent} tokens spent{(Remaining is { } left ? $", {left} left" : "")}.",
        _ => $"Whether {Limit} is reached cannot be told: {Spent} tokens spent, {Absent}.",
    };

    private string Limit => Cause switch
    {
        BudgetCause.Completion => $"the limit on completion tokens ({SpentOnCompletion} spent)",
        BudgetCause.Turns => "the limit on turns",
        BudgetCause.ContextWindow => "the context window",
        _ => "the limit on tokens",
    };

    private string Absent => Missing switch
    {
        _ when Missing.Contains(MissingMetadata.Usage) => "and the server sent no usage for all of them",
        _ when Missing.Contains(MissingMetadata.FinalUsage) => "and the final usage did not come",
        _ when Missing.Contains(MissingMetadata.CredibleUsage) => "and the server counted more than was allowed, which proves nothing",
        _ => "and the counts of several choices may be too low, as vLLM 0.8.5's are",
    };

    /// <inheritdoc/>
    public override string ToString() => Explain();
}

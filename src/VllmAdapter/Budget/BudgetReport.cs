namespace VllmAdapter;

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

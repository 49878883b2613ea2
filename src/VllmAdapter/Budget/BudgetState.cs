namespace VllmAdapter;

/// <summary>Whether a budget allows another turn.</summary>
public enum BudgetState
{
    /// <summary>Even by the highest possible count something is left: continue.</summary>
    Available = 1,

    /// <summary>Even by the lowest possible count a limit is reached: stop. Never inferred from missing data.</summary>
    Exhausted,

    /// <summary>It is not known, because <see cref="BudgetReport.Missing"/> is missing: settle it with <see cref="TokenBudget.Resolve"/>, or decide yourself.</summary>
    Indeterminate,

    /// <summary>
    /// Something is left, but even by the lowest possible count the next prompt takes all of it: shorten the conversation, or stop. Only
    /// <see cref="TokenBudget.Check(TokenCount)"/> says so.
    /// </summary>
    Insufficient,
}

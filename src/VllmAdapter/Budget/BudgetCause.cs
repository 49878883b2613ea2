namespace VllmAdapter.Diagnostics;

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

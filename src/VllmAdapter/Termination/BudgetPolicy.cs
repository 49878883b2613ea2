namespace VllmAdapter;

internal sealed class BudgetPolicy(TokenBudget budget) : IStreamTerminationPolicy
{
    public TerminationDecision Judge(StreamEvidence evidence) =>
        budget.IsSpentBy(evidence.Usage)
            ? TerminationDecision.Stop(StopCause.BudgetExhausted)
            : TerminationDecision.Continue;
}

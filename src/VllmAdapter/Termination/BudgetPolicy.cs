namespace VllmAdapter;

internal sealed class BudgetPolicy(TokenBudget budget) : IStreamTerminationPolicy
{
    public TerminationDecision Judge(StreamEvidence evidence) =>
        budget.IsSpentBy(evidence.Usage?.PromptTokens ?? 0, TokenRoom.LeastSpent(evidence))
            ? TerminationDecision.Stop(TerminationCause.BudgetExhausted)
            : TerminationDecision.Continue;
}

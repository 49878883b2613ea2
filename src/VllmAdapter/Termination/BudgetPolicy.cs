namespace VllmAdapter;

internal sealed class BudgetPolicy(TokenBudget budget) : IStreamTerminationPolicy
{
    public TerminationDecision Judge(StreamEvidence evidence) =>
        budget.IsSpentBy(evidence.Usage?.PromptTokens ?? 0, evidence.CountedTokens)
            ? TerminationDecision.Stop(StopCause.BudgetExhausted)
            : TerminationDecision.Continue;
}

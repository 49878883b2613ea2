namespace VllmAdapter;

internal sealed class FirstOfPolicy(IStreamTerminationPolicy[] policies) : IStreamTerminationPolicy
{
    public IStreamTerminationPolicy[] Policies { get; } = policies;

    public TerminationDecision Judge(StreamEvidence evidence)
    {
        TimeSpan? shortest = null;
        foreach (IStreamTerminationPolicy policy in Policies)
        {
            TerminationDecision decision = policy.Judge(evidence);
            if (decision.IsStop)
                return decision;

            if (decision.Wait is { } wait && (shortest is null || wait < shortest))
                shortest = wait;
        }

        return shortest is { } limit ? TerminationDecision.ContinueFor(limit) : TerminationDecision.Continue;
    }
}

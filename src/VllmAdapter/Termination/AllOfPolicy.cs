namespace VllmAdapter;

internal sealed class AllOfPolicy(IStreamTerminationPolicy[] policies) : IStreamTerminationPolicy
{
    public IStreamTerminationPolicy[] Policies { get; } = policies;

    public TerminationDecision Judge(StreamEvidence evidence)
    {
        TerminationDecision? firstStop = null;
        TimeSpan longest = TimeSpan.Zero;
        bool mustWait = false;
        bool waitsForever = false;
        foreach (IStreamTerminationPolicy policy in Policies)
        {
            TerminationDecision decision = policy.Judge(evidence);
            if (decision.IsStop)
            {
                firstStop ??= decision;
                continue;
            }

            mustWait = true;
            waitsForever |= decision.Wait is null;
            if (decision.Wait > longest)
                longest = decision.Wait.Value;
        }

        return !mustWait && firstStop is { } stop ? stop
            : waitsForever ? TerminationDecision.Continue
            : TerminationDecision.ContinueFor(longest);
    }
}

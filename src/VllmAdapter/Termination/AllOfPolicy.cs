namespace VllmAdapter;

internal sealed class AllOfPolicy(IStreamTerminationPolicy[] policies) : IStreamTerminationPolicy
{
    public TerminationDecision Judge(StreamEvidence evidence)
    {
        TerminationDecision? firstStop = null;
        TimeSpan longest = TimeSpan.Zero;
        bool mustWait = false;
        bool waitsForever = false;
        foreach (IStreamTerminationPolicy policy in policies)
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

namespace VllmAdapter;

internal sealed class FinishReasonPolicy(TimeSpan grace) : IStreamTerminationPolicy
{
    // Usage, the end marker and, behind some gateways, late deltas follow the finish reason: hence the grace.
    public TerminationDecision Judge(StreamEvidence evidence)
    {
        if (!evidence.EveryChoiceDeclared)
            return TerminationDecision.Continue;

        return evidence.SilentFor >= grace
            ? TerminationDecision.Stop(StopCause.FinishReason)
            : TerminationDecision.ContinueFor(grace - evidence.SilentFor);
    }
}

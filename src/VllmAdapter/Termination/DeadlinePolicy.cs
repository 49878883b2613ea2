namespace VllmAdapter;

internal sealed class DeadlinePolicy(TimeSpan deadline) : IStreamTerminationPolicy
{
    public TerminationDecision Judge(StreamEvidence evidence) =>
        evidence.Elapsed >= deadline
            ? TerminationDecision.Stop(StopCause.Deadline)
            : TerminationDecision.ContinueFor(deadline - evidence.Elapsed);
}

namespace VllmAdapter;

internal sealed class DeadlinePolicy(TimeSpan deadline) : IStreamTerminationPolicy
{
    public TimeSpan Deadline { get; } = deadline;

    public TerminationDecision Judge(StreamEvidence evidence) =>
        evidence.Elapsed >= Deadline
            ? TerminationDecision.Stop(StopCause.Deadline)
            : TerminationDecision.ContinueFor(Deadline - evidence.Elapsed);
}

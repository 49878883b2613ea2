namespace VllmAdapter;

internal sealed class DeadlinePolicy(TimeSpan deadline) : IStreamTerminationPolicy
{
    public TimeSpan Deadline { get; } = deadline;

    public TerminationDecision Judge(StreamEvidence evidence) =>
        evidence.Elapsed >= Deadline
            ? TerminationDecision.Stop(TerminationCause.Deadline)
            : TerminationDecision.ContinueFor(Deadline - evidence.Elapsed);
}

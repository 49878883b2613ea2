namespace VllmAdapter;

internal sealed class SentinelPolicy(string sentinel) : IStreamTerminationPolicy
{
    public string Sentinel { get; } = sentinel;

    public TerminationDecision Judge(StreamEvidence evidence) =>
        string.Equals(evidence.SentinelText, Sentinel, StringComparison.Ordinal)
            ? TerminationDecision.Stop(TerminationCause.Sentinel)
            : TerminationDecision.Continue;
}

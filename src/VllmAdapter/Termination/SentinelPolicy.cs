namespace VllmAdapter;

internal sealed class SentinelPolicy(string marker) : IStreamTerminationPolicy
{
    public TerminationDecision Judge(StreamEvidence evidence) =>
        string.Equals(evidence.Marker, marker, StringComparison.Ordinal)
            ? TerminationDecision.Stop(StopCause.Sentinel)
            : TerminationDecision.Continue;
}

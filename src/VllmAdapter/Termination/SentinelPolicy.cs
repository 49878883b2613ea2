namespace VllmAdapter;

internal sealed class SentinelPolicy(string marker) : IStreamTerminationPolicy
{
    public string Marker { get; } = marker;

    public TerminationDecision Judge(StreamEvidence evidence) =>
        string.Equals(evidence.Marker, Marker, StringComparison.Ordinal)
            ? TerminationDecision.Stop(StopCause.Sentinel)
            : TerminationDecision.Continue;
}

namespace VllmAdapter;

internal sealed class SilencePolicy(TimeSpan beforeFirstChunk, TimeSpan betweenChunks) : IStreamTerminationPolicy
{
    public TimeSpan BeforeFirstChunk { get; } = beforeFirstChunk;

    public TerminationDecision Judge(StreamEvidence evidence)
    {
        (TimeSpan limit, TerminationCause cause) = evidence.Chunks == 0
            ? (BeforeFirstChunk, TerminationCause.FirstChunkTimeout)
            : (betweenChunks, TerminationCause.IdleTimeout);

        return evidence.SilentFor >= limit
            ? TerminationDecision.Stop(cause)
            : TerminationDecision.ContinueFor(limit - evidence.SilentFor);
    }
}

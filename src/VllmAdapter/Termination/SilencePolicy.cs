namespace VllmAdapter;

internal sealed class SilencePolicy(TimeSpan beforeFirstChunk, TimeSpan betweenChunks) : IStreamTerminationPolicy
{
    public TimeSpan BeforeFirstChunk { get; } = beforeFirstChunk;

    public TerminationDecision Judge(StreamEvidence evidence)
    {
        (TimeSpan limit, StopCause cause) = evidence.Chunks == 0
            ? (BeforeFirstChunk, StopCause.FirstChunkTimeout)
            : (betweenChunks, StopCause.IdleTimeout);

        return evidence.SilentFor >= limit
            ? TerminationDecision.Stop(cause)
            : TerminationDecision.ContinueFor(limit - evidence.SilentFor);
    }
}

namespace VllmAdapter.Tool.Explain;

/// <summary>Notes what is known after every event, and decides as the policy inside of it does.</summary>
internal sealed class EvidenceTrace(IStreamTerminationPolicy inner) : IStreamTerminationPolicy
{
    private readonly List<Moment> _moments = [];

    public IReadOnlyList<Moment> Moments => _moments;

    public TerminationDecision Judge(StreamEvidence evidence)
    {
        // It is asked again when a wait is over; that is no event.
        if (evidence.Events > (_moments is [.., var last] ? last.Evidence.Events : 0))
            _moments.Add(new Moment(evidence with { }));
        return inner.Judge(evidence);
    }

    /// <summary>Takes a chunk, which is handed out before the next event is read.</summary>
    public void Take(ChatChunk chunk)
    {
        if (chunk.Outcome is { } outcome)
            Close(outcome.Evidence);
        else if (_moments is [.., var last])
            last.Chunks.Add(chunk);
    }

    // An event that ends a stream by itself, such as an error, is one that no policy is asked about.
    private void Close(StreamEvidence evidence)
    {
        if (evidence.Events > (_moments is [.., var last] ? last.Evidence.Events : 0))
            _moments.Add(new Moment(evidence with { }));
    }
}

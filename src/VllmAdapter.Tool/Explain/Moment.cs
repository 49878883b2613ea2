namespace VllmAdapter.Tool.Explain;

/// <summary>What was known after an event.</summary>
/// <param name="Evidence">All that had been observed by then.</param>
internal sealed record Moment(StreamEvidence Evidence)
{
    /// <summary>The chunks that the event held; mostly one.</summary>
    public List<ChatChunk> Chunks { get; } = [];
}

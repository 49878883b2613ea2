namespace VllmAdapter;

/// <summary>What an event turned out to be.</summary>
internal enum EventKind
{
    /// <summary>Neither a chunk nor anything else that counts: an empty event, a ping.</summary>
    Nothing = 1,
    Chunk,
    Sentinel,
    Error,
    Unreadable,
}

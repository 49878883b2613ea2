namespace VllmAdapter;

/// <summary>What enumerates a <see cref="ChatStream"/>: one request, or several that were stitched together.</summary>
internal interface IRunningReply : IAsyncEnumerator<ChatChunk>
{
    /// <summary>How the stream ended; null before, and for a request that never became a stream.</summary>
    StreamOutcome? Outcome { get; }

    /// <summary>What was received; null before the end.</summary>
    ChatCompletion? Completion { get; }
}

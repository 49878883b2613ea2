namespace VllmAdapter;

/// <summary>An answer on its way: nothing is sent before it is enumerated, and it can be enumerated once.</summary>
/// <remarks>
/// Leaving the loop early hangs up, which makes vLLM stop generating. Not thread-safe; <see cref="Outcome"/> and
/// <see cref="Answer"/> may be read from anywhere once the enumeration is over.
/// </remarks>
public sealed class ChatStream : IAsyncEnumerable<ChatChunk>
{
    private Func<CancellationToken, RunningReply>? _start;
    private ChatAnswer? _answer;
    internal ChatStream(Func<CancellationToken, RunningReply> start) => _start = start;

    /// <summary>How the stream ended.</summary>
    /// <exception cref="InvalidOperationException">The enumeration is not over, or the request never became a stream.</exception>
    public StreamOutcome Outcome => _answer?.Outcome ?? throw NotOver(nameof(Outcome));

    /// <summary>How the stream ended; null if it has not, or never began.</summary>
    internal StreamOutcome? OutcomeIfOver => _answer?.Outcome;

    /// <summary>What was received, gathered.</summary>
    /// <exception cref="InvalidOperationException">The enumeration is not over, or the request never became a stream.</exception>
    public ChatAnswer Answer => _answer ?? throw NotOver(nameof(Answer));

    /// <summary>Takes over what was received.</summary>
    internal void End(ChatAnswer answer) => _answer = answer;

    /// <summary>Sends the request and hands out its chunks as they come. The last one carries the outcome.</summary>
    /// <param name="cancellationToken">Ends the stream, next to the token given to the call that made it.</param>
    /// <exception cref="InvalidOperationException">The stream was enumerated already.</exception>
    public IAsyncEnumerator<ChatChunk> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        // The request is let go of, for a stream may be kept.
        Func<CancellationToken, RunningReply> start = Interlocked.Exchange(ref _start, null)
            ?? throw new InvalidOperationException("A ChatStream can be enumerated once. Call StreamChatAsync again to ask again.");
        RunningReply reply = start(cancellationToken);
        reply.Of = this;
        return reply;
    }

    private static InvalidOperationException NotOver(string what) => new(
        $"{what} is there when the enumeration is over. Enumerate the stream to its end first; a request that failed before it began has none.");
}

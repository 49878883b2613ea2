namespace VllmAdapter;

/// <summary>What enumerates a <see cref="ChatStream"/>: one request, or several that were stitched together.</summary>
internal abstract class RunningReply : IAsyncEnumerator<ChatChunk>
{
    private ChatChunk? _current;
    private int _isBusy;

    public ChatChunk Current => _current ?? throw new InvalidOperationException("The enumeration has not begun.");

    /// <summary>How the stream ended; null before, and for a request that never became a stream.</summary>
    public StreamOutcome? Outcome => Answer?.Outcome;

    /// <summary>What was received; null before the end.</summary>
    public ChatAnswer? Answer { get; private set; }

    /// <summary>Told what was received, so that whoever keeps the stream need not keep what ran it.</summary>
    public ChatStream? Of { get; set; }

    /// <summary>What the first chunk said of the whole reply.</summary>
    public ReplyHead Head { get; private set; }

    public abstract ValueTask<bool> MoveNextAsync();

    public abstract ValueTask DisposeAsync();

    protected void Begin(ReplyHead head)
    {
        Head = head;
        if (Of is { } stream)
            stream.Head = head;
    }

    protected void End(ChatAnswer answer)
    {
        Answer = answer;
        Of?.End(answer);
    }

    protected void SetCurrent(ChatChunk chunk) => _current = chunk;

    /// <summary>Begins a call. False while another one is under way: then nothing may be touched. No lock and no garbage, for there is one call a chunk.</summary>
    protected bool TryEnter() => Interlocked.Exchange(ref _isBusy, 1) == 0;

    /// <summary>Ends the call, before its caller goes on.</summary>
    protected void Leave() => Volatile.Write(ref _isBusy, 0);

    protected static InvalidOperationException IsUnderWay(string method) => new(
        $"{method} was called while MoveNextAsync is under way. A stream has one reader: await that call first; to end it early, cancel the token.");
}

namespace VllmAdapter;

/// <summary>A streamed answer: nothing is sent before it is enumerated, and it can be enumerated once.</summary>
/// <remarks>
/// Leaving the loop early hangs up, which makes vLLM stop generating. Not thread-safe: a call of <c>MoveNextAsync</c> or <c>DisposeAsync</c> while
/// another <c>MoveNextAsync</c> is under way is refused with <see cref="InvalidOperationException"/>, and changes nothing. <see cref="Outcome"/> and
/// <see cref="Answer"/> may be read from anywhere once the enumeration is over.
/// </remarks>
public sealed class ChatStream : IAsyncEnumerable<ChatChunk>
{
    private readonly CancellationToken _callersToken;
    private ChatCall? _call;
    private Func<CancellationToken, RunningReply>? _start;
    private ChatAnswer? _answer;

    internal ChatStream(ChatCall call, CancellationToken callersToken) => (_call, _callersToken) = (call, callersToken);

    internal ChatStream(Func<CancellationToken, RunningReply> start) => _start = start;

    /// <summary>How the stream ended.</summary>
    /// <exception cref="InvalidOperationException">The enumeration is not over, or the request never became a stream.</exception>
    public StreamOutcome Outcome => _answer?.Outcome ?? throw NotOver(nameof(Outcome));

    /// <summary>The server's id of the reply: there as soon as the first chunk is; null before, and if the server gave none.</summary>
    public string? ResponseId => Head.ResponseId ?? _answer?.Id;

    /// <summary>The model that answers, in the server's words: there as soon as the first chunk is; null before, and if the server named none.</summary>
    public string? Model => Head.Model ?? _answer?.Model;

    /// <summary>When the server took the request up, to the second, by its own clock: there as soon as the first chunk is; null before, and if the server did not say.</summary>
    /// <remarks>Wire field: <c>created</c>.</remarks>
    public DateTimeOffset? CreatedAt => Head.CreatedAt;

    /// <summary>What the first chunk said about the whole reply.</summary>
    internal ReplyHead Head { get; set; }

    /// <summary>How the stream ended; null if it has not, or never began.</summary>
    internal StreamOutcome? OutcomeIfOver => _answer?.Outcome;

    /// <summary>What was received, gathered.</summary>
    /// <exception cref="InvalidOperationException">The enumeration is not over, or the request never became a stream.</exception>
    public ChatAnswer Answer => _answer ?? throw NotOver(nameof(Answer));

    /// <summary>A stream of chunks that come from elsewhere: for decorators of an <see cref="IVllmChat"/>, and for tests.</summary>
    /// <param name="chunks">
    /// The chunks. The last one carries the outcome (<see cref="ChatChunk.Outcome"/>), as the last one of every stream does; or the enumeration throws.
    /// </param>
    /// <remarks>
    /// The answer is gathered from the chunks as they are given, so that what a decorator changes is in it; calls and verdict are those of the
    /// outcome. What the enumeration throws goes through as it is. An enumeration that ends without an outcome is refused with
    /// <see cref="InvalidOperationException"/>.
    /// </remarks>
    /// <example>
    /// <code>
    /// public ChatStream StreamChatAsync(ChatRequest request, CancellationToken cancellationToken = default)
    /// {
    ///     return ChatStream.Of(Shouting());
    ///
    ///     async IAsyncEnumerable&lt;ChatChunk&gt; Shouting()
    ///     {
    ///         await foreach (ChatChunk chunk in inner.StreamChatAsync(request, cancellationToken))
    ///             yield return chunk with { Text = chunk.Text.ToUpperInvariant() };
    ///     }
    /// }
    /// </code>
    /// </example>
    public static ChatStream Of(IAsyncEnumerable<ChatChunk> chunks)
    {
        ArgumentNullException.ThrowIfNull(chunks);
        return new ChatStream(enumeratorsToken => new GivenReply(chunks, enumeratorsToken));
    }

    /// <summary>A stream that hands out an existing answer: for tests and caches. Can be enumerated once, as any.</summary>
    /// <param name="answer">The answer, such as <see cref="ChatAnswer.Of(string)"/> makes.</param>
    /// <remarks>It never throws: what kind of end the answer had is in its outcome, the last thing to be handed out.</remarks>
    public static ChatStream Of(ChatAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return new ChatStream(enumeratorsToken => new GivenReply(AnswerChunks.Of(answer), enumeratorsToken));
    }

    /// <summary>Takes over what was received.</summary>
    internal void End(ChatAnswer answer) => _answer = answer;

    /// <summary>Asks, enumerates to the end, and returns what was gathered.</summary>
    internal static async Task<ChatAnswer> GatherAsync(IVllmChat chat, ChatRequest request, CancellationToken cancellationToken) =>
        await GatherAsync(chat.StreamChatAsync(request, cancellationToken)).ConfigureAwait(false);

    /// <summary>Enumerates to the end, and returns what was gathered.</summary>
    internal static async Task<ChatAnswer> GatherAsync(ChatStream stream)
    {
        try
        {
            await foreach (ChatChunk chunk in stream.ConfigureAwait(false))
            {
                // The stream gathers by itself.
            }
        }
        catch (OperationCanceledException canceled) when (stream._answer is not null)
        {
            throw new ChatCanceledException(stream._answer, canceled, canceled.CancellationToken);
        }

        return stream.Answer;
    }

    /// <summary>Sends the request and hands out its chunks as they come. The last one carries the outcome.</summary>
    /// <param name="cancellationToken">Ends the stream, next to the token given to the call that made it.</param>
    /// <exception cref="InvalidOperationException">The stream was enumerated already.</exception>
    public IAsyncEnumerator<ChatChunk> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        // The request is let go of, for a stream may be kept.
        RunningReply reply = Interlocked.Exchange(ref _call, null) is { } call ? new StreamPump(call, _callersToken, cancellationToken)
            : Interlocked.Exchange(ref _start, null) is { } start ? start(cancellationToken)
            : throw new InvalidOperationException("A ChatStream can be enumerated once. Call StreamChatAsync again to ask again.");
        reply.Of = this;
        return reply;
    }

    private static InvalidOperationException NotOver(string what) => new(
        $"{what} is available after the enumeration. Enumerate the stream to its end first; a request that failed before the stream began has none.");
}

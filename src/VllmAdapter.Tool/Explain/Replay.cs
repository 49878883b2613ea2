using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Explain;

/// <summary>A recorded answer, read once more by the adapter: what came of it, and each moment on the way.</summary>
internal sealed record Replay
{
    private Replay()
    {
    }

    public required RecordedExchange Exchange { get; init; }

    /// <summary>One for every event that was read, in order.</summary>
    public required IReadOnlyList<Moment> Moments { get; init; }

    /// <summary>How it ended, and all that came; null if it never became an answer.</summary>
    public ChatAnswer? Answer { get; private init; }

    /// <summary>Why it never became an answer; null if it did.</summary>
    public VllmRequestException? Refusal { get; private init; }

    /// <summary>Whether something of the recording was left: the reader had given up, or had what it wanted.</summary>
    public bool HasUnread { get; private init; }

    /// <param name="exchange">What was recorded.</param>
    /// <param name="contextWindow">The model's context window in tokens, if it is known.</param>
    /// <param name="cancellationToken">Ends the replay.</param>
    public static async Task<Replay> OfAsync(RecordedExchange exchange, int? contextWindow, CancellationToken cancellationToken)
    {
        var clock = new ManualTimeProvider();
        using var transport = new ReplayTransport(exchange.Response, clock);
        using var http = new HttpClient(transport) { BaseAddress = new Uri("http://recording/"), Timeout = Timeout.InfiniteTimeSpan };
        var options = new VllmAdapterOptions { OnIncompleteStream = IncompleteStreamBehavior.Report, ContextWindow = contextWindow };
        options.Resilience.MaxAttempts = 1;
        var trace = new EvidenceTrace(options.TimeLimits.ToPolicy());
        options.Termination = trace;

        var adapter = new VllmInferenceAdapter(http, options, clock);
        ChatStream stream = adapter.StreamChatAsync(QuestionOf(exchange.Request), cancellationToken);
        try
        {
            IAsyncEnumerator<ChatChunk> chunks = stream.GetAsyncEnumerator(CancellationToken.None);
            await using (chunks.ConfigureAwait(false))
            {
                while (await NextAsync(chunks, transport).ConfigureAwait(false))
                    trace.Take(chunks.Current);
            }
        }
        catch (VllmRequestException refusal)
        {
            return new Replay { Exchange = exchange, Moments = trace.Moments, Refusal = refusal };
        }

        return new Replay
        {
            Exchange = exchange,
            Moments = trace.Moments,
            Answer = stream.Answer,
            HasUnread = transport.PiecesRead < exchange.Response.Pieces.Count,
        };
    }

    private static ValueTask<bool> NextAsync(IAsyncEnumerator<ChatChunk> chunks, ReplayTransport transport)
    {
        ValueTask<bool> next = chunks.MoveNextAsync();
        if (!next.IsCompleted)
            transport.ReaderWaits();

        return next;
    }

    // Field by field what was asked, so that the judge knows it. A request that asks nothing cannot be sent; what it says is not looked at.
    private static ChatRequest QuestionOf(RecordedRequest request)
    {
        JsonObject body = request.Body as JsonObject ?? [];
        return new ChatRequest
        {
            Messages = body["messages"] is JsonArray { Count: > 0 } ? [] : [VllmMessage.User("Not recorded.")],
            Extra = (JsonObject)body.DeepClone(),
            Stream = AsksForStream(body),
            SendUnchecked = true,
        };
    }

    private static bool AsksForStream(JsonObject body) => body["stream"] is JsonValue flag && flag.TryGetValue(out bool isStreamed) && isStreamed;
}

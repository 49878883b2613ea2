namespace VllmAdapter.Testing;

/// <summary>A vLLM server for tests: it behaves, misbehaves and dies on command.</summary>
/// <remarks>
/// Thread-safe. Scripts answer chat requests in order, and the last one repeats; without any, a small model of its own answers.
/// </remarks>
/// <example>
/// <code>
/// using var vllm = FakeVllm.InMemory(Script.Says("Hel", "lo").Finishes("stop").Uses(10, 2).Done());
/// using HttpClient http = vllm.CreateHttpClient();
/// </code>
/// </example>
public sealed class FakeVllm : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly FakeVllmOptions _options;
    private readonly FakeServer _server;

    private FakeVllm(FakeVllmOptions options, Func<ReceivedRequest, ScriptedReply> script)
    {
        _options = options;
        _server = new FakeServer(options, script);
    }

    /// <summary>Where it is to be found.</summary>
    public Uri Endpoint { get; } = new("http://vllm.test/");

    /// <summary>Every request received so far, in order.</summary>
    public IReadOnlyList<ReceivedRequest> Requests => _server.Requests;

    /// <summary>Chat requests that wait for a place in the engine.</summary>
    public int Waiting => _server.Engine.Waiting;

    /// <summary>Chat requests that the engine is working on.</summary>
    public int Running => _server.Engine.Running;

    /// <summary>Chat requests whose client left before the script was through: generation stopped.</summary>
    public int Aborted => _server.Engine.Aborted;

    /// <summary>Chat requests that were answered to the end of their script, faults included.</summary>
    public int Completed => _server.Engine.Completed;

    internal CancellationToken Stopping => _stopping.Token;

    /// <summary>A server without sockets.</summary>
    public static FakeVllm InMemory(params ScriptedReply[] scripts) => InMemory(new FakeVllmOptions(), scripts);

    /// <summary>A server without sockets, set up in its own way.</summary>
    public static FakeVllm InMemory(FakeVllmOptions options, params ScriptedReply[] scripts) => InMemory(options, InOrder(scripts));

    /// <summary>A server without sockets that chooses the script for each chat request.</summary>
    public static FakeVllm InMemory(FakeVllmOptions options, Func<ReceivedRequest, ScriptedReply> script)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(script);
        return new FakeVllm(options, script);
    }

    /// <summary>A server without sockets that serves a recorded exchange.</summary>
    public static FakeVllm Replay(RecordedExchange exchange, bool atRecordedSpeed = false) =>
        InMemory(Script.Replays(exchange, atRecordedSpeed));

    /// <summary>A server without sockets that serves the recorded exchange of a file.</summary>
    public static FakeVllm Replay(string path, bool atRecordedSpeed = false) => Replay(RecordedExchange.Load(path), atRecordedSpeed);

    /// <summary>A client whose base address is this server. Dispose it when done.</summary>
    public HttpClient CreateHttpClient() => new(CreateHandler()) { BaseAddress = Endpoint, Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>The innermost handler for a client of your own making.</summary>
    public HttpMessageHandler CreateHandler() => new InMemoryHandler(this);

    /// <summary>Completes as soon as no chat request is waiting or running.</summary>
    public Task WhenIdleAsync(CancellationToken cancellationToken = default) => _server.Engine.WhenIdleAsync().WaitAsync(cancellationToken);

    /// <summary>Stops the server: what is still open is reset.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    internal ReplyPlayback Answer(ReceivedRequest request)
    {
        (WireReply reply, EngineTicket? ticket) = _server.Answer(request);
        return new ReplyPlayback(reply, _options.Clock, ticket);
    }

    private static Func<ReceivedRequest, ScriptedReply> InOrder(ScriptedReply[] scripts)
    {
        if (scripts.Length == 0)
            return static _ => Script.Model.Says("Hello.");
        var queue = new Queue<ScriptedReply>(scripts);
        return _ =>
        {
            lock (queue)
                return queue.Count > 1 ? queue.Dequeue() : queue.Peek();
        };
    }
}

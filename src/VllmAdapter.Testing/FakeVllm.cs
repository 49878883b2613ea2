namespace VllmAdapter.Testing;

/// <summary>A vLLM server for tests: it behaves, misbehaves and dies on command.</summary>
/// <remarks>
/// Thread-safe. Scripts answer chat requests in order, and the last one repeats; without any, a small model of its own answers.
/// </remarks>
/// <example>
/// <code>
/// using var vllm = FakeVllm.InMemory(Script.Says("Hel", "lo").Finishes("stop").Uses(10, 2).Done());
/// VllmInferenceAdapter adapter = vllm.CreateAdapter();
/// </code>
/// </example>
public sealed class FakeVllm : IAsyncDisposable, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly FakeVllmOptions _options;
    private readonly FakeServer _server;
    private Loopback? _loopback;
    private bool _disposed;

    private FakeVllm(FakeVllmOptions options, Func<ReceivedRequest, ScriptedReply> script)
    {
        _options = options;
        Stopping = _stopping.Token;
        _server = new FakeServer(options, script);
    }

    /// <summary>Where it is to be found: a port of this machine, or an address that only its own handlers know.</summary>
    public Uri Endpoint => _loopback?.Http1 ?? new Uri("http://vllm.test/");

    /// <summary>Where it is to be found by clients that speak HTTP/2 in clear text.</summary>
    /// <exception cref="InvalidOperationException">The server is in memory, where there is no HTTP version.</exception>
    public Uri Http2Endpoint => _loopback?.Http2 ?? throw new InvalidOperationException("Only a started server speaks HTTP/2: see FakeVllm.StartAsync.");

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

    internal CancellationToken Stopping { get; }

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

    /// <inheritdoc cref="InMemory(FakeVllmOptions, Func{ReceivedRequest, ScriptedReply})"/>
    public static FakeVllm InMemory(Func<ReceivedRequest, ScriptedReply> script) => InMemory(new FakeVllmOptions(), script);

    /// <summary>A server without sockets that serves a recorded exchange.</summary>
    public static FakeVllm Replay(RecordedExchange exchange, bool atRecordedSpeed = false) =>
        InMemory(new FakeVllmOptions { Model = null }, Script.Replays(exchange, atRecordedSpeed));

    /// <summary>A server without sockets that serves the recorded exchange of a file.</summary>
    public static FakeVllm Replay(string path, bool atRecordedSpeed = false) => Replay(RecordedExchange.Load(path), atRecordedSpeed);

    /// <summary>A server on a port of this machine, a free one unless <see cref="FakeVllmOptions.Port"/> says which.</summary>
    public static Task<FakeVllm> StartAsync(params ScriptedReply[] scripts) => StartAsync(new FakeVllmOptions(), scripts);

    /// <summary>A server on a port of this machine, set up in its own way.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="FakeVllmOptions.Port"/> is none.</exception>
    /// <exception cref="IOException"><see cref="FakeVllmOptions.Port"/> is taken.</exception>
    public static Task<FakeVllm> StartAsync(FakeVllmOptions options, params ScriptedReply[] scripts) => StartAsync(options, InOrder(scripts));

    /// <summary>A server on a port of this machine that chooses the script for each chat request.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="FakeVllmOptions.Port"/> is none.</exception>
    /// <exception cref="IOException"><see cref="FakeVllmOptions.Port"/> is taken.</exception>
    public static async Task<FakeVllm> StartAsync(
        FakeVllmOptions options, Func<ReceivedRequest, ScriptedReply> script, CancellationToken cancellationToken = default)
    {
        FakeVllm vllm = InMemory(options, script);
        vllm._loopback = await Loopback.StartAsync(options, vllm.Answer, cancellationToken).ConfigureAwait(false);
        return vllm;
    }

    /// <inheritdoc cref="StartAsync(FakeVllmOptions, Func{ReceivedRequest, ScriptedReply}, CancellationToken)"/>
    public static Task<FakeVllm> StartAsync(Func<ReceivedRequest, ScriptedReply> script, CancellationToken cancellationToken = default) =>
        StartAsync(new FakeVllmOptions(), script, cancellationToken);

    /// <summary>A client whose base address is this server, without a time limit of its own. Dispose it when done.</summary>
    public HttpClient CreateHttpClient() => new(CreateHandler()) { BaseAddress = Endpoint, Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>An adapter for this server, going by this server's clock.</summary>
    /// <param name="configure">Changes the adapter's options, for example its time limits.</param>
    /// <exception cref="ArgumentException">An option cannot be used; the message names it.</exception>
    public VllmInferenceAdapter CreateAdapter(Action<VllmAdapterOptions>? configure = null)
    {
        var options = new VllmAdapterOptions();
        configure?.Invoke(options);
        return new VllmInferenceAdapter(CreateHttpClient(), options, _options.TimeProvider);
    }

    /// <summary>The innermost handler for a client of your own making.</summary>
    public HttpMessageHandler CreateHandler() =>
        _loopback is null ? new InMemoryHandler(this) : new SocketsHttpHandler { UseProxy = false, MaxResponseDrainSize = 0 };

    /// <summary>Completes as soon as no chat request is waiting or running.</summary>
    public Task WhenIdleAsync(CancellationToken cancellationToken = default) => _server.Engine.WhenIdleAsync().WaitAsync(cancellationToken);

    /// <summary>
    /// Stops the server: what is still open is reset. Later requests find nobody on its port, as with any server that is gone; in memory they are refused
    /// with <see cref="ObjectDisposedException"/>.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_loopback is not null)
            await _loopback.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <exception cref="ObjectDisposedException">It is; adapters do not try again on that.</exception>
    internal void ThrowIfDisposed()
    {
        if (_disposed)
        {
            throw new ObjectDisposedException(
                objectName: null, "This FakeVllm is disposed, so it answers no more. Keep it until the last request has ended.");
        }
    }

    internal ReplyPlayback Answer(ReceivedRequest request)
    {
        try
        {
            (WireReply reply, EngineTicket? ticket) = _server.Answer(request);
            return new ReplyPlayback(reply, _options.TimeProvider, ticket);
        }
        catch (Exception thrown)
        {
            // Whatever the transport, the client is told what is wrong with the test.
            var told = Script.Replies(500, $"The script threw {thrown}", "text/plain; charset=utf-8");
            return new ReplyPlayback(ReplyRendering.Plain(told, _options.Profile), _options.TimeProvider, ticket: null);
        }
    }

    private static Func<ReceivedRequest, ScriptedReply> InOrder(ScriptedReply[] scripts)
    {
        if (scripts.Length == 0)
            return static request => Script.Model.Says($"You said: {FakeCall.LastText(request.Json.At("messages"))}");
        var queue = new Queue<ScriptedReply>(scripts);
        return _ =>
        {
            lock (queue)
                return queue.Count > 1 ? queue.Dequeue() : queue.Peek();
        };
    }
}

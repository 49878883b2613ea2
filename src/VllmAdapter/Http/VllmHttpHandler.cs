namespace VllmAdapter;

/// <summary>The HTTP stack that suits a vLLM server, for clients that the adapter makes itself or that are registered with it.</summary>
internal static class VllmHttpHandler
{
    // uvicorn closes idle connections after 5 s (vllm#18472); one that is older might be closed under a new request.
    private static readonly TimeSpan IdleLifetime = TimeSpan.FromSeconds(4);

    /// <param name="limits">How long to wait for a connection.</param>
    /// <param name="configure">What the user changes about it, after everything else was set; null for nothing.</param>
    public static SocketsHttpHandler New(TimeLimits limits, Action<SocketsHttpHandler>? configure = null)
    {
        SocketsHttpHandler handler = New(limits.Connect);
        configure?.Invoke(handler);
        return handler;
    }

    private static SocketsHttpHandler New(TimeSpan connectTimeout) => new()
    {
        ConnectTimeout = connectTimeout,
        PooledConnectionIdleTimeout = IdleLifetime,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        EnableMultipleHttp2Connections = true,

        // A redirected POST would become a GET; better to say where the server wants to be asked.
        AllowAutoRedirect = false,

        // One adapter serves many callers: a cookie of a load balancer's would pin them all to one engine, and one of a session's would
        // pass from one caller to the next.
        UseCookies = false,

        // After the sentinel only the end of the body is to come; nothing else is waited for.
        MaxResponseDrainSize = 16 * 1024,
        ResponseDrainTimeout = TimeSpan.FromSeconds(1),

        PlaintextStreamFilter = Observe,
    };

    /// <summary>One client for the lifetime of an adapter: the handler renews its connections by itself.</summary>
    public static HttpClient NewClient(TimeLimits limits, Action<SocketsHttpHandler>? configure = null) =>
        new(New(limits, configure)) { Timeout = Timeout.InfiniteTimeSpan };

    // Over HTTP/2 many requests share a connection, and .NET by itself sends up to four times what a server refused before it began
    // (REFUSED_STREAM, as HAProxy says when its server drops the connection).
    private static ValueTask<Stream> Observe(SocketsHttpPlaintextStreamFilterContext context, CancellationToken cancellationToken) =>
        ValueTask.FromResult(context.NegotiatedHttpVersion.Major == 1 ? new ObservedConnection(context.PlaintextStream) : context.PlaintextStream);
}

namespace VllmAdapter.Tool.Check;

/// <summary>What can be wrong with the server beside its answers, and with what stands before it.</summary>
internal static class ServerKinds
{
    public static FindingKind Unhealthy { get; } = new(
        "health-bad", Severity.Fault, "/health says that the server is not well",
        "Load balancers take it away, or should.",
        "Server: see its log; restart it.");

    public static FindingKind HangUpUnheard { get; } = new(
        "hang-up-unheard", Severity.Warning, "Hanging up does not stop the generation",
        "Every user who cancels leaves the engine working for nobody.",
        "Proxy: pass the client's end on: nginx, Caddy, Squid, YARP do so at once; HAProxy, Apache, Varnish with the next byte; lighttpd as installed, http-proxy 1.18 and Portkey never.");

    public static FindingKind Buffered { get; } = new(
        "stream-buffered", Severity.Warning, "The stream arrives all at once",
        "Users wait for the whole answer, and limits on the first chunk fire in the middle of it.",
        "Proxy: nginx proxy_buffering off and proxy_http_version 1.1; lighttpd server.stream-response-body = 2; no compression on text/event-stream.");

    public static FindingKind Bursts { get; } = new(
        "stream-in-bursts", Severity.Info, "The stream arrives in bursts",
        "Text appears in jerks; latency is that of the bursts.",
        "Proxy: HAProxy option http-no-delay; Caddy without flush_interval. Server: stream_interval, or several tokens a step.");

    public static FindingKind KeyNotChecked { get; } = new(
        "key-not-checked", Severity.Warning, "The server answers without the key, too",
        "Everybody who reaches it may use it.",
        "Server: --api-key, or VLLM_API_KEY. It guards what lies under /v1 only: hide the rest behind a proxy.");

    public static FindingKind UnknownModelAnswered { get; } = new(
        "unknown-model-answered", Severity.Warning, "A model that does not exist answers",
        "A wrong name in a client's settings is never noticed.",
        "Proxy: no default model.");

    public static FindingKind ErrorsUntyped { get; } = new(
        "errors-untyped", Severity.Warning, "A refusal cannot be told for what it is",
        "Clients retry what will fail again, or give up on what would pass.",
        "Proxy: pass the server's status and body on.");

    public static FindingKind WindowUnknown { get; } = new(
        "window-unknown", Severity.Warning, "The context window is not told",
        "A call that the window cut cannot be told from a whole one, and nothing can be planned.",
        "Proxy: pass /v1/models of vLLM on. Client: VllmAdapterOptions.ContextWindow.");

    public static FindingKind Queue { get; } = new(
        "queue", Severity.Warning, "Requests wait for a place",
        "Every answer begins later, and limits on the first chunk fire.",
        "Server: more replicas, a higher --max-num-seqs, a smaller --max-model-len. Client: ResilienceOptions.MaxConcurrentStreams.");

    public static FindingKind CacheFull { get; } = new(
        "cache-full", Severity.Warning, "The key-value cache is nearly full",
        "Requests wait, or are put back and begun anew.",
        "Server: --gpu-memory-utilization, --kv-cache-dtype fp8, a smaller --max-model-len, more replicas.");

    public static FindingKind Preemptions { get; } = new(
        "preemptions", Severity.Warning, "Requests are put back because the cache was full",
        "Streams pause in the middle, for as long as their text so far takes to be read again.",
        "Server: a lower --max-num-seqs, more memory for the cache, more replicas. Client: a generous limit between chunks.");

    public static FindingKind SlowFirstToken { get; } = new(
        "first-token-slow", Severity.Warning, "The first token is long in coming",
        "Limits on the first chunk fire, and proxies cut what is silent.",
        "Server: --enable-chunked-prefill, --enable-prefix-caching, more replicas. Proxy: read limits above it. Client: TimeLimits.FirstChunk.");

    public static FindingKind RequestsFailed { get; } = new(
        "requests-failed", Severity.Warning, "The server counts requests that ended in an error",
        "Some of what clients asked came to nothing.",
        "Server: see its log.");

    public static FindingKind ManyCut { get; } = new(
        "many-answers-cut", Severity.Info, "Many of the answers since the server's start were cut by a limit",
        "Half answers are the rule here: agents ask for too few tokens, or prompts fill the window.",
        "Client: raise max_tokens; plan the prompt (VllmServer.PlanAsync). Server: a larger --max-model-len.");

    public static FindingKind Full { get; } = new(
        "overloaded", Severity.Warning, "The server refuses because it is full",
        "What was not asked for that reason is not known.",
        "Check again when there is less to do.");

    public static FindingKind VersionUnknown { get; } = new(
        "version-unknown", Severity.Info, "The version is not told",
        "A gateway hides it, or it is no vLLM; what its version is known for cannot be held against it.",
        "Proxy: pass /version on.");

    public static FindingKind MetricsHidden { get; } = new(
        "metrics-hidden", Severity.Info, "The metrics are not to be had",
        "Whether hanging up frees the engine, and how full it is, cannot be found out from here.",
        "Check the server past the gateway, too.");

    public static FindingKind TokenizeHidden { get; } = new(
        "tokenize-hidden", Severity.Info, "/tokenize is not to be had",
        "Nothing can be planned to the token.",
        "Proxy: pass /tokenize on.");

    public static FindingKind RequestIdLost { get; } = new(
        "request-id-lost", Severity.Info, "The request's id is not in the reply",
        "An answer cannot be found in the server's log.",
        "Proxy: pass X-Request-Id on. Server: --enable-request-id-headers to have it back as a header.");

    public static FindingKind RouteUnused { get; } = new(
        "refused", Severity.Info, "The server refuses something that this check asked",
        "It is switched off there, or this version does not have it.",
        "See the evidence.");

    public static IReadOnlyList<FindingKind> All { get; } =
    [
        Unhealthy,
        HangUpUnheard, Buffered, KeyNotChecked, UnknownModelAnswered, ErrorsUntyped, WindowUnknown, Queue, CacheFull, Preemptions, SlowFirstToken, RequestsFailed, Full,
        ManyCut, Bursts, VersionUnknown, MetricsHidden, TokenizeHidden, RequestIdLost, RouteUnused,
    ];
}

namespace VllmAdapter.Tool.Check;

/// <summary>What can be wrong with the server beside its answers, and with what stands before it.</summary>
internal static class ServerKinds
{
    public static FindingKind Unhealthy { get; } = new(
        "health-bad", Severity.Fault, "/health says that the server is not healthy",
        "Load balancers take it away, or should.",
        "Server: see its log; restart it.");

    public static FindingKind HangUpUnheard { get; } = new(
        "hang-up-unheard", Severity.Warning, "Hanging up does not stop the generation",
        "Whenever a user cancels, the engine goes on working for nobody.",
        "Proxy: pass the client's end on: nginx, Caddy, Squid, YARP do so at once; HAProxy, Apache, Varnish with the next byte; lighttpd as installed, http-proxy 1.18 and Portkey never.");

    public static FindingKind Buffered { get; } = new(
        "stream-buffered", Severity.Warning, "The stream arrives all at once",
        "Users wait for the whole answer, and limits on the first chunk fire in the middle of it.",
        "Proxy: nginx proxy_buffering off and proxy_http_version 1.1; lighttpd server.stream-response-body = 2; no compression on text/event-stream.");

    public static FindingKind Bursts { get; } = new(
        "stream-in-bursts", Severity.Info, "The stream arrives in bursts",
        "Text appears in jumps; the latency is that of the bursts.",
        "Proxy: HAProxy option http-no-delay; Caddy without flush_interval. Server: stream_interval, or several tokens a step.");

    public static FindingKind KeyNotChecked { get; } = new(
        "key-not-checked", Severity.Warning, "The server also answers without the key",
        "Anyone who can reach it can use it.",
        "Server: --api-key, or VLLM_API_KEY. It protects only what lies under /v1: hide the rest behind a proxy.");

    public static FindingKind UnknownModelAnswered { get; } = new(
        "unknown-model-answered", Severity.Warning, "A model that does not exist answers",
        "A wrong name in a client's settings is never noticed.",
        "Proxy: no default model.");

    public static FindingKind ErrorsUntyped { get; } = new(
        "errors-untyped", Severity.Warning, "A refusal does not say what is wrong",
        "Clients retry what will fail again, or give up on what would succeed.",
        "Proxy: pass the server's status and body on.");

    public static FindingKind WindowUnknown { get; } = new(
        "window-unknown", Severity.Warning, "The context window is not known",
        "A call that the window cut cannot be told from a complete one, and nothing can be planned.",
        "Proxy: pass /v1/models of vLLM on. Client: VllmAdapterOptions.ContextWindow.");

    public static FindingKind Queue { get; } = new(
        "queue", Severity.Warning, "Requests wait in the queue",
        "Every answer begins later, and limits on the first chunk fire.",
        "Server: more replicas, a higher --max-num-seqs, a smaller --max-model-len. Client: ResilienceOptions.MaxConcurrentStreams.");

    public static FindingKind CacheFull { get; } = new(
        "cache-full", Severity.Warning, "The key-value cache is nearly full",
        "Requests wait, or are preempted and started over.",
        "Server: --gpu-memory-utilization, --kv-cache-dtype fp8, a smaller --max-model-len, more replicas.");

    public static FindingKind Preemptions { get; } = new(
        "preemptions", Severity.Warning, "Requests are preempted because the cache is full",
        "Streams pause in the middle while the server recomputes their text so far.",
        "Server: a lower --max-num-seqs, more memory for the cache, more replicas. Client: a generous limit between chunks.");

    public static FindingKind SlowFirstToken { get; } = new(
        "first-token-slow", Severity.Warning, "The first token takes long",
        "Limits on the first chunk fire, and proxies cut what is silent.",
        "Server: --enable-chunked-prefill, --enable-prefix-caching, more replicas. Proxy: read limits above it. Client: TimeLimits.FirstChunk.");

    public static FindingKind RequestsFailed { get; } = new(
        "requests-failed", Severity.Warning, "The server counts requests that ended in an error",
        "Some requests of clients got no answer.",
        "Server: see its log.");

    public static FindingKind ManyCut { get; } = new(
        "many-answers-cut", Severity.Info, "Many of the answers since the server's start were cut by a limit",
        "Half answers are the rule here: agents ask for too few tokens, or prompts fill the window.",
        "Client: raise max_tokens; plan the prompt (VllmServer.PlanAsync). Server: a larger --max-model-len.");

    public static FindingKind Full { get; } = new(
        "overloaded", Severity.Warning, "The server refuses because it is full",
        "Some questions could not be asked, so their results are not known.",
        "Check again when the server is less busy.");

    public static FindingKind VersionUnknown { get; } = new(
        "version-unknown", Severity.Info, "The version is not known",
        "A gateway hides it, or it is not vLLM; known faults of its version cannot be looked up.",
        "Proxy: pass /version on.");

    public static FindingKind MetricsHidden { get; } = new(
        "metrics-hidden", Severity.Info, "The metrics are not available",
        "It cannot be determined from here whether hanging up frees the engine, or how full it is.",
        "Check the server directly as well, without the gateway.");

    public static FindingKind TokenizeHidden { get; } = new(
        "tokenize-hidden", Severity.Info, "/tokenize is not available",
        "Requests cannot be planned to the token.",
        "Proxy: pass /tokenize on.");

    public static FindingKind RequestIdLost { get; } = new(
        "request-id-lost", Severity.Info, "The request's id is not in the reply",
        "An answer cannot be found in the server's log.",
        "Proxy: pass X-Request-Id on. Server: --enable-request-id-headers to have it back as a header.");

    public static FindingKind RouteUnused { get; } = new(
        "refused", Severity.Info, "The server refuses something that this check asked",
        "It is disabled there, or this version does not have it.",
        "See the evidence.");

    public static IReadOnlyList<FindingKind> All { get; } =
    [
        Unhealthy,
        HangUpUnheard, Buffered, KeyNotChecked, UnknownModelAnswered, ErrorsUntyped, WindowUnknown, Queue, CacheFull, Preemptions, SlowFirstToken, RequestsFailed, Full,
        ManyCut, Bursts, VersionUnknown, MetricsHidden, TokenizeHidden, RequestIdLost, RouteUnused,
    ];
}

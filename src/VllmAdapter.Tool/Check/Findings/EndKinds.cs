namespace VllmAdapter.Tool.Check;

/// <summary>What can be wrong with how an answer ends.</summary>
internal static class EndKinds
{
    private const string SeeLog = "Server: see its log for the request id of the evidence.";

    public static FindingKind OutputLost { get; } = new(
        "output-lost", Severity.Fault, "Tokens are counted and not delivered, or a required call does not come",
        "The answer is empty or has a hole, and its finish reason says that all is well.",
        "Server: another --tool-call-parser or --reasoning-parser, or a newer vLLM. Client: ask once more without streaming (StreamRecovery.AskWhole).");

    public static FindingKind ReasonMissing { get; } = new(
        "finish-reason-missing", Severity.Fault, "An answer ends without a finish reason",
        "Agents take it for an exhausted budget and give up, or for success when it was cut.",
        "Server: a newer vLLM (0.8.5 leaves it out with tool_choice required and in the granite parser). Proxy: pass finish_reason on for every choice. Client: treat a missing reason as missing, and look at the token count.");

    public static FindingKind CutUndeclared { get; } = new(
        "cut-undeclared", Severity.Fault, "An answer cut by max tokens has no finish reason",
        "A cut answer looks like a finished one.",
        "Server: a newer vLLM. Client: compare completion_tokens with max_tokens, as VllmAdapter does.");

    public static FindingKind CutInOrder { get; } = new(
        "cut-in-order", Severity.Fault, "A stream that was cut ends in order",
        "A proxy closes the body properly behind a server that broke off: without finish reason and [DONE], half an answer looks whole.",
        "Proxy: Caddy 2.8 or later; HTTP/1.1 towards the client (HAProxy); lighttpd server.stream-response-body = 2; nginx proxy_http_version 1.1. Client: treat a missing [DONE] as a cut.");

    public static FindingKind ServerError { get; } = new(
        "error-in-stream", Severity.Fault, "The server reports an error inside a stream",
        "Clients that only look for deltas take what came before it for the answer; [DONE] follows it as always.",
        SeeLog);

    public static FindingKind Cut { get; } = new(
        "stream-cut", Severity.Fault, "The connection breaks in the middle of an answer",
        "Half an answer.",
        "Proxy: raise its time limits (nginx proxy_read_timeout, HAProxy timeout server, YARP ActivityTimeout). " + SeeLog);

    public static FindingKind Silent { get; } = new(
        "stream-silent", Severity.Fault, "A stream falls silent and stays open",
        "Clients without a limit between chunks hang forever. vLLM does so between SIGTERM and its end.",
        "Server: look at its load, and let it drain before it is stopped. Client: a limit between chunks (TimeLimits.BetweenChunks).");

    public static FindingKind Unreadable { get; } = new(
        "stream-unreadable", Severity.Fault, "A stream contains something other than chat events",
        "Something on the way writes its own words into the answer.",
        "Proxy: let it pass text/event-stream unchanged; see its error pages.");

    public static FindingKind Empty { get; } = new(
        "answer-empty", Severity.Fault, "A stream ends with nothing in it",
        "No text, no call, no reason.",
        SeeLog);

    public static FindingKind ChoiceMissing { get; } = new(
        "choice-missing", Severity.Fault, "Fewer answers come than were asked for",
        "Whoever votes or picks among n answers has none to pick.",
        "Proxy: check that it passes n on. Client: send several requests.");

    public static FindingKind Aborted { get; } = new(
        "aborted", Severity.Fault, "The server aborts a request",
        "The finish reason abort: the server is being stopped, or restarted.",
        SeeLog);

    public static FindingKind NotAStream { get; } = new(
        "not-a-stream", Severity.Fault, "A request for a stream is answered with something else",
        "Clients break, or wait for events that never come.",
        "Proxy: let it pass text/event-stream; check the address.");

    public static FindingKind RequestFails { get; } = new(
        "request-fails", Severity.Fault, "The server fails on an ordinary request",
        "The same request fails each time: usually because of a parser, a template or a grammar.",
        SeeLog);

    public static FindingKind Unavailable { get; } = new(
        "server-unavailable", Severity.Fault, "A gateway has no working server behind it",
        "Requests fail as often as the gateway picks a server that is gone.",
        "Proxy: remove servers that fail their health check, and do not wait for those that are down (nginx max_fails, HAProxy check).");

    public static FindingKind ConnectionFails { get; } = new(
        "connection-fails", Severity.Fault, "A connection breaks before the answer begins",
        "Some requests fail; agents that do not retry stop there.",
        "Server: look at its load and its log. Proxy: look for time limits that are shorter than a prefill. Client: more than one attempt (ResilienceOptions.MaxAttempts).");

    public static FindingKind Late { get; } = new(
        "no-answer-in-time", Severity.Fault, "No answer within the check's time limits",
        "Agents wait, and wait together.",
        "Server: look at its load (vllm:num_requests_waiting). Proxy: look for a buffer, or a server behind it that is gone.");

    public static FindingKind Gone { get; } = new(
        "server-gone", Severity.Fault, "The server stopped answering during the check",
        "It died, was restarted, or lost its engine.",
        "Server: see its log, at the time of the check.");

    public static FindingKind WordUnknown { get; } = new(
        "finish-reason-unknown", Severity.Warning, "An answer ends with a finish reason that is not OpenAI's",
        "Clients with a fixed list of finish reasons throw, or take it for stop.",
        "Client: keep the raw word, as VllmAdapter does (FinishReason).");

    public static FindingKind ReasonsConflict { get; } = new(
        "finish-reasons-conflict", Severity.Warning, "Two finish reasons for one answer",
        "Clients believe the first or the last, and they differ.",
        "Proxy: one that does not add its own. Client: believe the worse one.");

    public static FindingKind LateOutput { get; } = new(
        "output-after-finish", Severity.Warning, "Output comes after the finish reason",
        "Clients that stop at the finish reason lose the end of the answer.",
        "Client: read to [DONE].");

    public static FindingKind NoSentinel { get; } = new(
        "sentinel-missing", Severity.Warning, "No [DONE] after the finish reason",
        "Usage, which comes last, may be lost, and a cut cannot be told from an end.",
        "Proxy: pass data: [DONE] on. Client: for servers of another make, VllmAdapterOptions.ExpectsSentinel = false.");

    public static FindingKind Unterminated { get; } = new(
        "last-event-unterminated", Severity.Warning, "The last event lacks its blank line",
        "Strict readers of events drop it: with it the finish reason or [DONE].",
        "Proxy: pass bodies on unchanged.");

    public static FindingKind ServerCap { get; } = new(
        "server-cap", Severity.Info, "The server has a limit of tokens of its own",
        "Answers end with length before max tokens.",
        "Server: max_new_tokens in --override-generation-config or generation_config.json. Client: VllmAdapterOptions.ServerMaxTokens.");

    public static IReadOnlyList<FindingKind> All { get; } =
    [
        Gone, OutputLost, ReasonMissing, CutUndeclared, CutInOrder, ServerError, Cut, Silent, Unreadable, Empty, ChoiceMissing, Aborted, NotAStream,
        RequestFails, Unavailable, ConnectionFails, Late,
        NoSentinel, LateOutput, ReasonsConflict, WordUnknown, Unterminated,
        ServerCap,
    ];
}

using Microsoft.Extensions.Logging;

namespace VllmAdapter;

/// <summary>
/// Everything that the adapter logs: 100 to 199 requests, 200 to 299 replies, 300 to 399 tools. What the user, the model or the server wrote is
/// logged at Trace only, by the methods named so; the key never is.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(100, LogLevel.Debug, "Request {RequestId} is sent to {Server}, model {Model}.", SkipEnabledCheck = true)]
    public static partial void RequestSent(ILogger logger, string requestId, string server, string model);

    [LoggerMessage(101, LogLevel.Trace, "Request {RequestId}: {Body}", SkipEnabledCheck = true)]
    public static partial void RequestSensitive(ILogger logger, string requestId, string body);

    [LoggerMessage(102, LogLevel.Warning, "The regular expression of the request does not compile in any known dialect: {Fault}. The server will probably refuse it.")]
    public static partial void RegexLooksWrong(ILogger logger, string fault);

    [LoggerMessage(103, LogLevel.Warning, "{Ignored}")]
    public static partial void FieldIgnored(ILogger logger, string ignored);

    [LoggerMessage(110, LogLevel.Warning, "Attempt {Attempt}, request {RequestId}, failed: {Reason} It will be retried after {DelaySeconds:0.0} s.")]
    public static partial void Retried(ILogger logger, int attempt, string? requestId, string reason, double delaySeconds);

    [LoggerMessage(
        EventId = 115,
        Level = LogLevel.Warning,
        Message = "Requests waiting for a free slot: {Waiting}, one of them for {Waited} s. All {Places} slots of Resilience.MaxConcurrentStreams are taken, "
            + "one of them for {Held} s. A stream holds its slot until it has been read to its end or disposed: read it with await foreach, or dispose "
            + "what GetAsyncEnumerator gave. If all of them are being read, the server is slow, or the limit is low.")]
    public static partial void NoPlaceFree(ILogger logger, int waiting, long waited, int places, long held);

    [LoggerMessage(120, LogLevel.Warning, "Request {RequestId} never became a stream ({Failure}, attempt {Attempts}): {Reason}")]
    public static partial void Refused(ILogger logger, string? requestId, RequestFailure failure, int attempts, string reason);

    [LoggerMessage(121, LogLevel.Trace, "Request {RequestId} was answered: {Body}")]
    public static partial void RefusalSensitive(ILogger logger, string? requestId, string? body);

    [LoggerMessage(125, LogLevel.Debug, "Request {RequestId} is sent to /{Route}, model {Model}.")]
    public static partial void RouteAsked(ILogger logger, string? requestId, string route, string model);

    [LoggerMessage(126, LogLevel.Warning, "Attempt {Attempt}, request {RequestId}, failed: {Reason} It will be retried.")]
    public static partial void RouteRetried(ILogger logger, int attempt, string? requestId, string reason);

    [LoggerMessage(127, LogLevel.Warning, "Request {RequestId} got no answer ({Failure}, attempt {Attempts}): {Reason}")]
    public static partial void RouteFailed(ILogger logger, string? requestId, RequestFailure failure, int attempts, string reason);

    [LoggerMessage(130, LogLevel.Error, "A request failed for a reason that is not the server's.")]
    public static partial void BrokeOff(ILogger logger, Exception failure);

    [LoggerMessage(140, LogLevel.Information, "{Adapter} uses the changed configuration from the next call on.")]
    public static partial void Reloaded(ILogger logger, string adapter);

    [LoggerMessage(141, LogLevel.Warning, "{Adapter} keeps its settings, because the changed configuration cannot be used: {Reason}")]
    public static partial void ReloadRefused(ILogger logger, string adapter, string reason);

    [LoggerMessage(
        142,
        LogLevel.Warning,
        "The API key is sent to {Server} over http: everyone on the way can read it. Use https, unless the network is yours alone.")]
    public static partial void KeyInClear(ILogger logger, string server);

    [LoggerMessage(
        EventId = 200,
        Message = "Stream {RequestId} ended: {Verdict} ({Certainty}), finish reason {FinishReason}, terminated by {TerminatedBy}, "
            + "{Chunks} chunks in {Elapsed}, {Prompt} prompt and {Completion} completion tokens.",
        SkipEnabledCheck = true)]
    public static partial void Ended(
        ILogger logger, LogLevel level, string? requestId, StreamVerdict verdict, Certainty certainty, string finishReason,
        TerminationCause terminatedBy, int chunks, TimeSpan elapsed, TokenCount prompt, TokenCount completion);

    [LoggerMessage(201, LogLevel.Trace, "Stream {RequestId}, choice {Choice}: {Text} (reasoning: {Reasoning})", SkipEnabledCheck = true)]
    public static partial void ReplySensitive(ILogger logger, string? requestId, int choice, string text, string reasoning);

    [LoggerMessage(210, LogLevel.Warning, "Stream {RequestId}: tool calls withheld: {Count} ({Reasons}).", SkipEnabledCheck = true)]
    public static partial void CallsWithheld(ILogger logger, string? requestId, int count, string reasons);

    [LoggerMessage(211, LogLevel.Trace, "Stream {RequestId}: withheld call of {Name}: {Arguments}")]
    public static partial void WithheldCallSensitive(ILogger logger, string? requestId, string? name, string arguments);

    [LoggerMessage(300, LogLevel.Warning, "The handler of tool {Tool} failed (call {CallId}).")]
    public static partial void HandlerFailed(ILogger logger, string tool, string callId, Exception failure);
}

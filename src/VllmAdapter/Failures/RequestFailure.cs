namespace VllmAdapter;

/// <summary>Why a request never became a stream, named by what the caller should do about it.</summary>
/// <remarks>
/// Retrying helps with <see cref="RateLimited"/>, <see cref="Overloaded"/>, <see cref="Unavailable"/>,
/// <see cref="EngineDead"/>, <see cref="ConnectionFailed"/>, <see cref="Timeout"/> and <see cref="NotSent"/>, and with no other.
/// </remarks>
public enum RequestFailure
{
    /// <summary>
    /// The prompt, or the prompt and the tokens asked for, do not fit the model: shorten the messages or lower the
    /// max tokens; <see cref="VllmRequestException.ContextRefusal"/> has the numbers.
    /// </summary>
    ContextWindowExceeded = 1,

    /// <summary>The server does not serve that model: choose one of those that it lists.</summary>
    ModelNotFound,

    /// <summary>
    /// The server lacks the endpoint or the feature, in whatever form it says so (404 that does not mention a model, 405, 501, 403 for what is switched
    /// off, or a 200 with an error inside as up to vLLM 0.15): the message names the kind of model, version or start option that it needs.
    /// </summary>
    RouteNotFound,

    /// <summary>The API key is missing or wrong (401): set it.</summary>
    Unauthorized,

    /// <summary>The key may not do this, or the server switched it off (403): ask whoever runs it.</summary>
    Forbidden,

    /// <summary>The request itself is at fault (any other 4xx): correct it; sent again it fails again.</summary>
    BadRequest,

    /// <summary>
    /// Too many requests (429): wait for <see cref="VllmRequestException.RetryAfter"/> and retry. vLLM itself never
    /// says this; a gateway does.
    /// </summary>
    RateLimited,

    /// <summary>
    /// vLLM's queue is full (503, admission control since 0.29): retry later or elsewhere, and send less at once.
    /// </summary>
    Overloaded,

    /// <summary>
    /// A gateway has no working vLLM behind it, or the server is starting or scaling (502, 503): retry later.
    /// </summary>
    Unavailable,

    /// <summary>
    /// The engine behind the API died, whatever status the server sent (0.8.5 and 0.11.0 write 400): retry; it
    /// works again once the server has been restarted.
    /// </summary>
    EngineDead,

    /// <summary>
    /// The server failed while it worked on this request (500). Not retried by default, because the cause is usually a parser
    /// or a grammar that fails again on the same input: look at the server's log, or change the request.
    /// </summary>
    ServerError,

    /// <summary>
    /// What answered is not a vLLM server: a success that is neither an event stream nor JSON, or a redirect. Check
    /// the endpoint.
    /// </summary>
    UnexpectedContent,

    /// <summary>
    /// A vLLM server answered, but what it answered is not a complete answer to the request: too few entries, duplicates, a value that is not a number
    /// (NaN). None of it is handed out. A retry may well end the same way; the message says what is wrong.
    /// </summary>
    InvalidReply,

    /// <summary>
    /// No answer at all: nothing listens there, or the connection broke. Check the address, then retry; a certificate that was refused stays
    /// refused (<see cref="VllmRequestException.IsRetryable"/> is false).
    /// </summary>
    ConnectionFailed,

    /// <summary>
    /// No answer in time, by our clock or by a gateway's (408, 504): retry, or allow more time for long prompts.
    /// </summary>
    Timeout,

    /// <summary>
    /// Not sent, because our own circuit breaker is open or a strategy of the caller's rejected it: wait for
    /// <see cref="VllmRequestException.RetryAfter"/>, or ask another server.
    /// </summary>
    NotSent,
}

using System.Net;

namespace VllmAdapter;

/// <summary>Says what a refused request means for its caller; a pure function of what the server answered.</summary>
internal static class FailureClassifier
{
    private static readonly string[] EngineDied =
    [
        "EngineCore encountered an issue",   // 0.11.0 (with code 400) and later (500)
        "Engine loop is not running",        // 0.8.5 (with code 400)
        "Background loop has errored",       // the V0 engine
    ];

    private static readonly string[] QueueIsFull =
    [
        "engine is currently busy",          // 0.29.0 and later, in a stream too
    ];

    private static readonly string[] GatewayLostItsServer =
    [
        "Connect call failed",               // LiteLLM
        "Cannot connect to host",            // LiteLLM
        "Response payload is not completed", // LiteLLM, vLLM killed in mid-stream
        "error sending request for url",     // vllm-router
    ];

    /// <param name="status">The response's status; null if there was no response.</param>
    /// <param name="error">What its body, or its error event, says.</param>
    /// <param name="askedMaxTokens">The output cap that the caller asked for.</param>
    /// <param name="insideStream">True for an error event inside a 200.</param>
    public static (RequestFailure Failure, ContextRefusal? Refusal, bool IsRetryable) Classify(
        HttpStatusCode? status, ServerError error, int? askedMaxTokens, bool insideStream)
    {
        ContextRefusal? refusal = null;
        string words = ServerWords.Own(error.Message);
        int? code = (int?)status is >= 300 and var failed ? failed
            : error.CodeNumber is >= 400 and <= 599 and var told ? told
            : Code(error.Code) ?? Code(error.Type);

        // Strongest evidence first: the server's words outrank its code, which old versions get wrong.
        RequestFailure failure = code switch
        {
            _ when status is null && !insideStream => RequestFailure.ConnectionFailed,
            _ when (int?)status is < 300 && !insideStream && !error.IsDeclared => RequestFailure.NotSse,
            >= 300 and < 400 => RequestFailure.NotSse,
            _ when ContainsAny(words, EngineDied) || IsDeadProcess(words) => RequestFailure.EngineDead,
            _ when ContainsAny(words, QueueIsFull) => RequestFailure.Overloaded,
            null or 400 or 413 or 422 or 500 when ReadRefusal(out refusal) => RequestFailure.ContextWindowExceeded,
            null or 400 or 404 when IsUnknownModel(code, error, words) => RequestFailure.ModelNotFound,
            null or >= 500 when ContainsAny(words, GatewayLostItsServer) => RequestFailure.Unavailable,
            // 0.8.5 answers so to everything once its engine died.
            500 when string.IsNullOrWhiteSpace(error.Raw) && !error.IsCut => RequestFailure.EngineDead,
            401 => RequestFailure.Unauthorized,
            403 => RequestFailure.Forbidden,
            404 or 405 or 501 => RequestFailure.NotOffered,
            408 or 504 or 524 => RequestFailure.Timeout,
            429 => RequestFailure.RateLimited,
            529 => RequestFailure.Overloaded,
            425 or 502 or 503 or (>= 520 and <= 530) => RequestFailure.Unavailable,
            >= 400 and < 500 => RequestFailure.BadRequest,
            _ => RequestFailure.ServerError,
        };

        return (failure, refusal, IsRetryable(failure));

        bool ReadRefusal(out ContextRefusal? read) =>
            ContextRefusalReader.TryRead(words, error.Param, askedMaxTokens, out read)
            || (error.Code == "context_length_exceeded" && (read = new()) is not null);
    }

    private static bool IsRetryable(RequestFailure failure) => failure
        is RequestFailure.RateLimited
        or RequestFailure.Overloaded
        or RequestFailure.Unavailable
        or RequestFailure.EngineDead
        or RequestFailure.ConnectionFailed
        or RequestFailure.Timeout;

    private static bool IsUnknownModel(int? code, ServerError error, string words) =>
        (code == 404 && error.Param == "model")
        || error.Code == "model_not_found"
        || words.Contains("Invalid model name passed", StringComparison.OrdinalIgnoreCase) // LiteLLM, with 400
        || (words.Contains("lora adapter '", StringComparison.OrdinalIgnoreCase)
            && words.Contains("' cannot be found", StringComparison.OrdinalIgnoreCase))
        || (words.Contains("the model `", StringComparison.OrdinalIgnoreCase)
            && words.Contains("` does not exist", StringComparison.OrdinalIgnoreCase));

    // "Engine process (pid 13474) died."
    private static bool IsDeadProcess(string words) =>
        words.IndexOf("Engine process", StringComparison.OrdinalIgnoreCase) is >= 0 and var at
        && (words.IndexOf("died", at, StringComparison.OrdinalIgnoreCase) >= 0
            || words.IndexOf("dead", at, StringComparison.OrdinalIgnoreCase) >= 0);

    private static bool ContainsAny(string words, string[] signs) =>
        signs.Any(sign => words.Contains(sign, StringComparison.OrdinalIgnoreCase));

    // For events and gateways that name the error but give no number.
    private static int? Code(string? word) => word?.ToUpperInvariant() switch
    {
        "BADREQUESTERROR" or "BAD REQUEST" or "INVALID_REQUEST_ERROR" => 400,
        "AUTHENTICATION_ERROR" or "AUTHENTICATIONERROR" or "INVALID_API_KEY" => 401,
        "PERMISSION_ERROR" or "PERMISSIONDENIEDERROR" => 403,
        "NOTFOUNDERROR" or "NOT_FOUND_ERROR" => 404,
        "UNPROCESSABLEENTITYERROR" => 422,
        "RATE_LIMIT_ERROR" or "RATELIMITERROR" or "RATE_LIMIT_EXCEEDED" => 429,
        "NOTIMPLEMENTEDERROR" => 501,
        "SERVICE UNAVAILABLE" or "SERVICEUNAVAILABLEERROR" => 503,
        "OVERLOADED_ERROR" => 529,
        _ => null,
    };
}

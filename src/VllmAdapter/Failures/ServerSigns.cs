namespace VllmAdapter;

/// <summary>The words by which vLLM and the gateways before it are known to say what happened, whatever code they put on it.</summary>
internal static class ServerSigns
{
    private const StringComparison AnyCase = StringComparison.OrdinalIgnoreCase;

    private static readonly string[] EngineDied =
    [
        "EngineCore encountered an issue",                          // 0.11.0 (with code 400) and later (500)
        "The server had an error while processing your request",    // 0.33.0 (500); nothing else in it says so
        "Engine loop is not running",                               // 0.8.5 (with code 400)
        "Background loop has errored",                              // the V0 engine
    ];

    private static readonly string[] QueueIsFull =
    [
        "engine is currently busy",             // 0.29.0 and later, in a stream too
    ];

    private static readonly string[] GatewayLostItsServer =
    [
        "Connect call failed",                  // LiteLLM
        "Cannot connect to host",               // LiteLLM
        "Response payload is not completed",    // LiteLLM, vLLM killed in mid-stream
        "error sending request for url",        // vllm-router
        "error occurred while trying to proxy", // http-proxy-middleware, with 504
        "ECONNREFUSED",                         // Node: fastify's proxy, Portkey
        "ECONNRESET",
        "EHOSTUNREACH",
        "ENOTFOUND",
        "UND_ERR_",
        "other side closed",
        "fetch failed",
        "socket hang up",
    ];

    // "Quota exceeded" alone is said of requests a minute as well.
    private static readonly string[] QuotaIsSpent =
    [
        "insufficient_quota", "current quota", "monthly quota", "budget has been exceeded", "budget_exceeded", "insufficient credit", "credit balance",
        "insufficient balance", "insufficient funds", "out of credits", "billing", "payment required",
    ];

    private static readonly string[] QuotaComesBack = ["per minute", "per second", "try again in", "retry in", "retry after"];

    private static readonly string[] LoraFaults =
    [
        "is greater than max_lora_rank",        // 500, all of them (0.32.0)
        "expected target modules in",
        "doesn't contain tensors",
    ];

    public static bool SayEngineDied(string words) => Any(words, EngineDied) || IsDeadProcess(words);

    /// <summary>Whether the model made a NaN, which JSON cannot hold; vLLM writes it as the client's fault, with 400.</summary>
    public static bool SayNumberIsNone(string words) => words.Contains("Out of range float values are not JSON compliant", AnyCase);

    public static bool SayQueueIsFull(string words) => Any(words, QueueIsFull);

    public static bool SayGatewayLostItsServer(ServerError error, string words) =>
        Any(words, GatewayLostItsServer) || Any(error.Code ?? "", GatewayLostItsServer);

    public static bool SayQuotaIsSpent(int? code, ServerError error, string words) =>
        code == 402
        || Any(error.Code ?? "", QuotaIsSpent) || Any(error.Type ?? "", QuotaIsSpent)
        || (Any(words, QuotaIsSpent) && !Any(words, QuotaComesBack))
        || (code == 429 && words.Contains("quota", AnyCase) && !Any(words, QuotaComesBack));

    /// <summary>Whether the words are about the whole route: the model is of another kind, or what the route does was not switched on.</summary>
    /// <remarks>Recorded as 200 (0.8.5, 0.11.0), 501 (0.18 and later), 403 (scale-out, since 0.30) and 500 (LoRA).</remarks>
    public static bool SayRouteIsNotOffered(string words) =>
        words.Contains("Scale-out endpoints are disabled", AnyCase)
        || words.Contains("LoRA is not enabled", AnyCase)
        || (words.Contains("model does not support ", AnyCase) && words.TrimEnd('.', ' ').EndsWith(" API", AnyCase));

    /// <summary>Whether the words are about the adapter that was to be loaded, whatever code was put on them: 404 where nothing lies there, else 500.</summary>
    public static bool SayAdapterIsUnfit(string words) =>
        (words.StartsWith("Loading lora ", AnyCase) && words.Contains(" failed", AnyCase))
        || LoraFaults.Any(fault => words.Contains(fault, AnyCase));

    public static bool SayModelIsUnknown(int? code, ServerError error, string words) =>
        (code == 404 && error.Parameter == "model")
        || error.Code == "model_not_found"
        || words.Contains("Invalid model name passed", AnyCase) // LiteLLM, with 400
        || (words.Contains("lora adapter '", AnyCase) && words.Contains("' cannot be found", AnyCase))
        || (words.Contains("the model `", AnyCase) && words.Contains("` does not exist", AnyCase))

        // KServe ("Model with name x does not exist."), and others in words like these.
        || (code == 404 && words.Contains("model", AnyCase)
            && (words.Contains("does not exist", AnyCase) || words.Contains("not found", AnyCase)));

    /// <summary>Whether a 501 is about one thing in the request ("Only base64 data URLs are supported for now.") and not about the route.</summary>
    public static bool SayPartIsNotImplemented(ServerError error, string words) =>
        error.Parameter is not null || (words.Contains("only ", AnyCase) && words.Contains("supported", AnyCase) && !words.Contains("not supported", AnyCase));

    // For events and gateways that name the error but give no number.
    public static int? CodeOf(string? word) => word?.ToUpperInvariant() switch
    {
        "BADREQUESTERROR" or "BAD REQUEST" or "INVALID_REQUEST_ERROR" => 400,
        "AUTHENTICATION_ERROR" or "AUTHENTICATIONERROR" or "INVALID_API_KEY" => 401,
        "INSUFFICIENT_QUOTA" or "BUDGET_EXCEEDED" => 402,
        "PERMISSION_ERROR" or "PERMISSIONDENIEDERROR" => 403,
        "NOTFOUNDERROR" or "NOT_FOUND_ERROR" => 404,
        "UNPROCESSABLEENTITYERROR" => 422,
        "RATE_LIMIT_ERROR" or "RATELIMITERROR" or "RATE_LIMIT_EXCEEDED" => 429,
        "NOTIMPLEMENTEDERROR" => 501,
        "SERVICE UNAVAILABLE" or "SERVICEUNAVAILABLEERROR" => 503,
        "OVERLOADED_ERROR" => 529,
        _ => null,
    };

    // "Engine process (pid 13474) died." (0.8.5)
    private static bool IsDeadProcess(string words) =>
        words.IndexOf("Engine process", AnyCase) is >= 0 and var at
        && (words.IndexOf("died", at, AnyCase) >= 0 || words.IndexOf("dead", at, AnyCase) >= 0);

    private static bool Any(string words, string[] signs) => signs.Any(sign => words.Contains(sign, AnyCase));
}

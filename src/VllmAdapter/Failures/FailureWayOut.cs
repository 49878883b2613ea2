using System.Globalization;
using System.Net;

namespace VllmAdapter;

/// <summary>What to do about a failure.</summary>
internal static class FailureWayOut
{
    public const string OfTooLarge = "Send less, or raise the body limit of the proxies on the way (nginx: client_max_body_size).";

    private static readonly string[] Passwords = ["Basic", "Digest", "Negotiate", "NTLM"];

    public static string Of(FailureFacts facts, FailureMeaning meaning) => meaning.Failure switch
    {
        RequestFailure.ModelNotFound => "Use one of those listed at /v1/models.",
        RequestFailure.RouteNotFound when facts.Status == HttpStatusCode.MisdirectedRequest => "Check the endpoint's host name.",
        RequestFailure.RouteNotFound when KnownRoutes.At(facts.Address?.AbsolutePath ?? "") is { } route =>
            $"{route.Needs} Otherwise check the endpoint's address and the server's version.",
        RequestFailure.RouteNotFound => "Check the endpoint's address, the server's version and its start options.",
        RequestFailure.Unauthorized when facts.Status == HttpStatusCode.ProxyAuthenticationRequired => OfProxy(HttpStatusCode.ProxyAuthenticationRequired),
        RequestFailure.Unauthorized when WantsPassword(facts) => "Send them in the Authorization header (RequestHeaders.Additional), or through the HttpClient's handler.",
        RequestFailure.Unauthorized => "Set VllmAdapterOptions.ApiKey to a key that the server was started with.",
        _ when meaning.IsQuotaSpent => "Top it up, or ask whoever runs the server; retrying will fail the same way.",
        RequestFailure.Forbidden => "It may be disabled there, or not allowed for this key.",
        RequestFailure.BadRequest => OfBadRequest(facts, meaning),
        RequestFailure.RateLimited or RequestFailure.Overloaded or RequestFailure.Unavailable
            when facts.RetryAfter is { } wait && wait > TimeSpan.Zero => $"Retry after {Seconds(wait)}.",
        RequestFailure.RateLimited or RequestFailure.Overloaded => "Retry later, or send fewer requests at once.",
        RequestFailure.Unavailable when facts.Status == HttpStatusCode.BadRequest =>
            "vLLM never refuses a request without a message; see the gateway's log and its time limits, then retry.",
        RequestFailure.Unavailable => "Retry when the server is up; see its log, and that of any gateway in front of it.",
        RequestFailure.EngineDead => "Retry once the server has been restarted; see its log.",
        RequestFailure.UnexpectedContent => "Set the endpoint to the final address.",
        RequestFailure.InvalidReply => "A single input is enough to cause it: send fewer at once to find which. The cause is the model, or its data type on the server.",
        RequestFailure.Timeout => "Raise its time limit, or see the server's load.",
        _ => "The same request may well fail again; see the server's log.",
    };

    public static string OfProxy(HttpStatusCode status) => status == HttpStatusCode.ProxyAuthenticationRequired
        ? "Give the proxy its user and password (the Proxy of the HttpClient's handler), or bypass it."
        : "Ask whoever runs the proxy, or bypass it.";

    /// <summary>Whether a 401 asks for what no API key is. vLLM's own asks for nothing, or for a bearer's key.</summary>
    public static bool WantsPassword(FailureFacts facts) =>
        facts.Challenge is { } scheme && Passwords.Contains(scheme, StringComparer.OrdinalIgnoreCase);

    private static string OfBadRequest(FailureFacts facts, FailureMeaning meaning)
    {
        string words = RepeatedRequest.Own(facts.Error.Message);
        return facts switch
        {
            _ when meaning.BlamedPart is not null || RequestMedia.IsBlamed(words) =>
                "The server fetches this part itself: use an address that it can reach, or send the bytes (a base64 data URL).",
            { Status: HttpStatusCode.RequestEntityTooLarge } => OfTooLarge,
            { Status: HttpStatusCode.RequestHeaderFieldsTooLarge } => "Send fewer or shorter ones (RequestHeaders.Additional, the trace's baggage, cookies of a handler).",
            _ when Blames(facts, words, "audio_filesize_mb") =>
                "Send a smaller file (compressed, or split into parts), or raise VLLM_MAX_AUDIO_CLIP_FILESIZE_MB on the server.",
            _ when Blames(facts, words, "continuous_usage_stats") =>
                "Set VllmAdapterOptions.UsageReporting to Final, or to None if that is refused as well: this server does not accept the field.",
            _ when Blames(facts, words, "stream_options") || Blames(facts, words, "include_usage") =>
                "Set VllmAdapterOptions.UsageReporting to None: this server does not accept the field.",

            _ when ServerSigns.SayAdapterIsUnfit(words) => OfAdapter(words),

            // 0.33.0 binds an engine to the backend of its first constrained request.
            _ when words.Contains("one backend per engine", StringComparison.OrdinalIgnoreCase) =>
                "Set structured_outputs_config.backend on the server to one that takes all of your formats; until it is restarted, it accepts only formats of the backend in use.",
            _ => "Correct the request; unchanged, it will fail again.",
        };
    }

    private static string OfAdapter(string words) => words switch
    {
        _ when words.Contains("max_lora_rank", StringComparison.OrdinalIgnoreCase) => "Start the server with a higher --max-lora-rank, or load an adapter of a lower rank.",
        _ when words.Contains("target modules", StringComparison.OrdinalIgnoreCase) => "The adapter was trained for modules that the served model does not have: load one that was made for this model.",
        _ when words.Contains("tensors", StringComparison.OrdinalIgnoreCase) => "There are no weights in the adapter's folder on the server: it needs adapter_model.safetensors.",
        _ => "The path is one on the server: a folder with adapter_config.json and the weights, or a hub name that the server can fetch.",
    };

    private static bool Blames(FailureFacts facts, string words, string field) =>
        words.Contains(field, StringComparison.OrdinalIgnoreCase) || facts.Error.Parameter?.Contains(field, StringComparison.OrdinalIgnoreCase) is true;

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}

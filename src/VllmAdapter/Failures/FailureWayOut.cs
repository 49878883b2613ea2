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
        RequestFailure.ModelNotFound => "Choose one that it lists at /v1/models.",
        RequestFailure.RouteNotFound when facts.Status == HttpStatusCode.MisdirectedRequest => "Check the endpoint's host name.",
        RequestFailure.RouteNotFound when KnownRoutes.At(facts.Address?.AbsolutePath ?? "") is { } route =>
            $"{route.Needs} Else check the endpoint's address and the server's version.",
        RequestFailure.RouteNotFound => "Check the endpoint's address, the server's version and its start options.",
        RequestFailure.Unauthorized when facts.Status == HttpStatusCode.ProxyAuthenticationRequired => OfProxy(HttpStatusCode.ProxyAuthenticationRequired),
        RequestFailure.Unauthorized when WantsPassword(facts) => "Send them in the header Authorization (RequestHeaders.Additional), or by the HttpClient's handler.",
        RequestFailure.Unauthorized => "Set VllmAdapterOptions.ApiKey to a key that the server was started with.",
        _ when meaning.IsQuotaSpent => "Top it up, or ask whoever runs the server; sent again the request will fail again.",
        RequestFailure.Forbidden => "It may be switched off there, or not allowed for this key.",
        RequestFailure.BadRequest => OfBadRequest(facts, meaning),
        RequestFailure.RateLimited or RequestFailure.Overloaded or RequestFailure.Unavailable
            when facts.RetryAfter is { } wait && wait > TimeSpan.Zero => $"Retry after {Seconds(wait)}.",
        RequestFailure.RateLimited or RequestFailure.Overloaded => "Retry later, or send fewer requests at once.",
        RequestFailure.Unavailable when facts.Status == HttpStatusCode.BadRequest =>
            "vLLM never refuses without a word; see the gateway's log and its time limits, then retry.",
        RequestFailure.Unavailable => "Retry when the server is up; see its log, and that of the gateway before it if there is one.",
        RequestFailure.EngineDead => "Retry when the server was restarted; see its log.",
        RequestFailure.UnexpectedContent => "Set the endpoint to the final address.",
        RequestFailure.InvalidReply => "One input of the request is enough for it: send fewer at once to find it. It is a fault of the model or of its data type at the server.",
        RequestFailure.Timeout => "Raise its time limit, or see the server's load.",
        _ => "The same request may well fail again; see the server's log.",
    };

    public static string OfProxy(HttpStatusCode status) => status == HttpStatusCode.ProxyAuthenticationRequired
        ? "Give the proxy its user and password (the Proxy of the HttpClient's handler), or go around it."
        : "Ask whoever runs the proxy, or go around it.";

    /// <summary>Whether a 401 asks for what no API key is. vLLM's own asks for nothing, or for a bearer's key.</summary>
    public static bool WantsPassword(FailureFacts facts) =>
        facts.Challenge is { } scheme && Passwords.Contains(scheme, StringComparer.OrdinalIgnoreCase);

    private static string OfBadRequest(FailureFacts facts, FailureMeaning meaning)
    {
        string words = RepeatedRequest.Own(facts.Error.Message);
        return facts switch
        {
            _ when meaning.BlamedPart is not null || RequestMedia.IsBlamed(words) =>
                "The server fetches such a part by itself: give an address that it can reach, or send the bytes (a data URL in base64).",
            { Status: HttpStatusCode.RequestEntityTooLarge } => OfTooLarge,
            { Status: HttpStatusCode.RequestHeaderFieldsTooLarge } => "Send fewer or shorter ones (RequestHeaders.Additional, the trace's baggage, cookies of a handler).",
            _ when Blames(facts, words, "audio_filesize_mb") =>
                "Send a smaller file (compressed, or cut in parts), or raise VLLM_MAX_AUDIO_CLIP_FILESIZE_MB on the server.",
            _ when Blames(facts, words, "continuous_usage_stats") =>
                "Set VllmAdapterOptions.UsageReporting to Final, or to None if it is refused then, too: this server does not take the field.",
            _ when Blames(facts, words, "stream_options") || Blames(facts, words, "include_usage") =>
                "Set VllmAdapterOptions.UsageReporting to None: this server does not take the field.",

            _ when ServerSigns.SayAdapterIsUnfit(words) => OfAdapter(words),

            // 0.33.0 binds an engine to the backend of its first constrained request.
            _ when words.Contains("one backend per engine", StringComparison.OrdinalIgnoreCase) =>
                "Set structured_outputs_config.backend on the server to one that takes all of your formats; until it is restarted only formats of the backend in use are taken.",
            _ => "Correct the request; sent again it will fail again.",
        };
    }

    private static string OfAdapter(string words) => words switch
    {
        _ when words.Contains("max_lora_rank", StringComparison.OrdinalIgnoreCase) => "Start the server with a higher --max-lora-rank, or load an adapter of a lower rank.",
        _ when words.Contains("target modules", StringComparison.OrdinalIgnoreCase) => "The adapter was trained for modules that the served model does not have: load one that was made for this model.",
        _ when words.Contains("tensors", StringComparison.OrdinalIgnoreCase) => "There are no weights in the adapter's folder on the server: it takes adapter_model.safetensors.",
        _ => "The path is looked for on the server's side: it takes a folder there with adapter_config.json and the weights, or a hub name that the server can fetch.",
    };

    private static bool Blames(FailureFacts facts, string words, string field) =>
        words.Contains(field, StringComparison.OrdinalIgnoreCase) || facts.Error.Parameter?.Contains(field, StringComparison.OrdinalIgnoreCase) is true;

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}

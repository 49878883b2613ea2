using System.Globalization;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>The routes of development mode, as recorded of vLLM 0.32.0; what came after 0.11 is not there in older profiles.</summary>
internal sealed class DevelopmentRoutes(FakeVllmOptions options, Engine engine, ImageCache images) : IFakeRoutes
{
    private static readonly string[] Modes = ["abort", "wait", "keep"];
    private readonly RefusalWriter _writer = new(options.Profile);
    private readonly HashSet<string> _asleep = new(StringComparer.Ordinal);

    public IEnumerable<string> Offered => !options.DevMode ? [] : options.Profile.Minor < 20
        ? ["POST /sleep", "POST /wake_up", "GET /is_sleeping", "POST /reset_prefix_cache", "GET /server_info"]
        :
        [
            "POST /sleep", "POST /wake_up", "GET /is_sleeping", "POST /pause", "POST /resume", "GET /is_paused", "POST /abort_requests",
            "POST /reset_prefix_cache", "POST /reset_mm_cache", "POST /reset_encoder_cache", "GET /server_info",
        ];

    public WireReply? Answer(ReceivedRequest request) => !Offered.Contains($"{request.Method} {request.Path}") ? null : request.Path switch
    {
        "/sleep" => Sleep(request),
        "/wake_up" => WakeUp(request),
        "/is_sleeping" => Json(new JsonObject { ["is_sleeping"] = engine.IsSleeping }),
        "/pause" => Pause(request),
        "/resume" => Resume(),
        "/is_paused" => Json(new JsonObject { ["is_paused"] = engine.IsPaused }),
        "/abort_requests" => Abort(request),
        "/reset_prefix_cache" when options.Profile.Minor >= 20 => Json(new JsonObject { ["success"] = true }),
        "/server_info" => Info(request),
        "/reset_mm_cache" => ResetImages(),
        _ => ReplyRendering.Nothing(200, options.Profile),
    };

    private WireReply Sleep(ReceivedRequest request)
    {
        if (ModeOf(request) is not { } mode)
            return Refuse("mode", "Input should be 'abort', 'wait' or 'keep'");

        string level = Query(request, "level").FirstOrDefault() ?? "1";
        if (level is not ("0" or "1" or "2"))
            return Refuse("level", "Input should be less than or equal to 2");

        lock (_asleep)
            _asleep.UnionWith(["weights", "kv_cache"]);

        WireReply reply = After(engine.Hold(isSleep: true, mode), Status("sleeping", level));
        return options.Profile.Minor >= 20 ? reply : ReplyRendering.Nothing(200, options.Profile);
    }

    private WireReply WakeUp(ReceivedRequest request)
    {
        string[] tags = [.. Query(request, "tags")];
        bool isAwake;
        lock (_asleep)
        {
            if (tags.Length == 0)
                _asleep.Clear();

            _asleep.ExceptWith(tags);
            isAwake = _asleep.Count == 0;
        }

        if (isAwake)
            engine.Release(isSleep: true);

        if (options.Profile.Minor < 20)
            return ReplyRendering.Nothing(200, options.Profile);

        JsonArray? told = tags.Length == 0 ? null : [.. tags.Select(tag => (JsonNode)tag)];
        return Json(new JsonObject { ["status"] = isAwake ? "awake" : "sleeping", ["tags"] = told });
    }

    private WireReply Pause(ReceivedRequest request) => ModeOf(request) is { } mode
        ? After(engine.Hold(isSleep: false, mode), Status("paused"))
        : Refuse("mode", "Input should be 'abort', 'wait' or 'keep'");

    private WireReply Resume()
    {
        engine.Release(isSleep: false);
        return Json(Status("resumed"));
    }

    // An empty or missing list of ids ends everything.
    private WireReply Abort(ReceivedRequest request) => request.Json is JsonObject body
        ? Json(new JsonObject { ["status"] = "aborted", ["aborted"] = engine.AbortByServer([.. body.At("request_ids").Items().Select(id => id.Text() ?? "")]) })
        : _writer.Refuse("Invalid JSON format", "Bad Request");

    private WireReply Info(ReceivedRequest request) => Json(new JsonObject
    {
        ["vllm_config"] = options.Profile.Minor >= 20 && Query(request, "config_format").Contains("json")
            ? new JsonObject { ["model_config"] = new JsonObject { ["model"] = options.Model } }
            : $"model='{options.Model}'",
    });

    private WireReply ResetImages()
    {
        images.Clear();
        return ReplyRendering.Nothing(200, options.Profile);
    }

    private WireReply Refuse(string field, string message) => _writer.Refuse(
        $"1 validation error:\n  {{'type': 'literal_error', 'loc': 'query.{field}', 'msg': \"{message}\"}}", "Bad Request", $"query.{field}");

    private WireReply After(Task happening, JsonObject body)
    {
        WireReply reply = Json(body);
        return reply with { Steps = [new WireStep.Gate(happening), .. reply.Steps] };
    }

    private WireReply Json(JsonObject body) => ReplyRendering.Json(body.ToJsonString(), options.Profile);

    private static JsonObject Status(string status, string? level = null)
    {
        var body = new JsonObject { ["status"] = status };
        if (level is not null)
            body["level"] = int.Parse(level, CultureInfo.InvariantCulture);

        return body;
    }

    private static string? ModeOf(ReceivedRequest request) =>
        (Query(request, "mode").FirstOrDefault() ?? "abort") is var mode && Modes.Contains(mode) ? mode : null;

    private static IEnumerable<string> Query(ReceivedRequest request, string name) => request.Query.TrimStart('?').Split('&')
        .Select(pair => pair.Split('=', 2))
        .Where(pair => pair.Length == 2 && pair[0] == name)
        .Select(pair => Uri.UnescapeDataString(pair[1]));
}

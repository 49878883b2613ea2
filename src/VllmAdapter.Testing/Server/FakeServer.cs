using System.Globalization;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>What the server knows and answers, apart from how it is carried.</summary>
internal sealed class FakeServer
{
    private const string ChatPath = "/v1/chat/completions";
    private readonly FakeVllmOptions _options;
    private readonly Func<ReceivedRequest, ScriptedReply> _script;
    private readonly List<ReceivedRequest> _requests = [];
    private readonly Tokenizer _tokenizer = new();
    private readonly ServedModels _models;
    private readonly Refusals _refusals;
    private readonly IFakeRoutes[] _routes;
    private readonly IGeneratingRoute[] _generating;
    private readonly RouteCatalog _catalog;
    private readonly ImageCache _images;
    private long _ids;

    public FakeServer(FakeVllmOptions options, Func<ReceivedRequest, ScriptedReply> script)
    {
        _options = options;
        _script = script;
        _models = new ServedModels(options);
        _refusals = new Refusals(options.Profile, options);
        _generating =
        [
            new TextRoute(options, _models, _refusals, _tokenizer), new ResponseRoute(options, _models, _refusals), new MessageRoute(options, _models, _refusals),
            new SpeechRoute(options, _models, _refusals),
        ];
        Engine = new Engine(options.MaxRunning);
        _images = new ImageCache(new RefusalWriter(options.Profile));
        _routes = [new PoolingRoutes(options, _refusals, _models, _tokenizer, NextId), new DevelopmentRoutes(options, Engine, _images)];
        _catalog = new RouteCatalog(options, [.. _routes.SelectMany(route => route.Offered), .. _generating.SelectMany(route => route.Offered).Select(path => $"POST {path}")]);
    }

    public Engine Engine { get; }

    public IReadOnlyList<ReceivedRequest> Requests
    {
        get
        {
            lock (_requests)
                return [.. _requests];
        }
    }

    public (WireReply Reply, EngineTicket? Ticket) Answer(ReceivedRequest request)
    {
        lock (_requests)
            _requests.Add(request);

        // Only what lies under /v1 is guarded.
        if (_options.ApiKey is { } key && request.Path.StartsWith("/v1", StringComparison.Ordinal)
            && request.Headers.GetValueOrDefault("Authorization") != $"Bearer {key}")
            return (ReplyRendering.Unauthorized, null);
        if (request.Path == ChatPath && request.Method == "POST" && _options.Kinds.HasFlag(ModelKinds.Generates))
            return Chat(request);
        if (_generating.FirstOrDefault(route => route.Offered.Contains(request.Path, StringComparer.Ordinal)) is not { } route)
            return (Plain(request), null);
        return request.Method == "POST" ? Generate(route, request) : (NotAllowed("POST"), null);
    }

    private WireReply Plain(ReceivedRequest request) =>
        _routes.Select(routes => routes.Answer(request)).FirstOrDefault(reply => reply is not null)
        ?? PlainOf(request) ?? _catalog.Answer(request) ?? Json("""{"detail":"Not Found"}""", 404);

    private WireReply? PlainOf(ReceivedRequest request) => (request.Path, request.Method) switch
    {
        ("/health", "GET") or ("/ping", "GET" or "POST") => ReplyRendering.Nothing(200, _options.Profile),
        ("/version", "GET") => Json($$"""{"version":"{{_options.Profile.Version}}"}"""),
        ("/load", "GET") => Json($$"""{"server_load":{{Engine.Running + Engine.Waiting}}}"""),
        ("/metrics", "GET") => ReplyRendering.Text(
            Metrics.Write(_options.Profile, _models.Base, Engine), "text/plain; version=1.0.0; charset=utf-8", _options.Profile),
        ("/v1/models", "GET") => Json(_models.List()),
        ("/v1/load_lora_adapter", "POST") => WithBody(request, body => _models.Load(body, _refusals)),
        ("/v1/unload_lora_adapter", "POST") => WithBody(request, body => _models.Unload(body, _refusals)),
        ("/tokenize", "POST") => WithBody(request, Tokenize),
        ("/detokenize", "POST") => WithBody(request, Detokenize),
        (ChatPath + "/render", "POST") when !_options.Profile.HasFlatErrors && _options.Profile.NamesParameters => WithBody(request, Render),
        (ChatPath, "POST") or (ChatPath, "GET") when !_options.Kinds.HasFlag(ModelKinds.Generates) => NoChats(request),
        (ChatPath or "/tokenize" or "/detokenize", _) => NotAllowed("POST"),
        ("/health" or "/version" or "/load" or "/v1/models", _) => NotAllowed("GET"),
        _ => null,
    };

    private (WireReply Reply, EngineTicket? Ticket) Chat(ReceivedRequest request)
    {
        if (Refuse(request, out JsonObject body, out int prompt) is { } refusal)
            return (refusal, null);

        string id = NextId();
        var call = FakeCall.From(
            request, body, _options.Profile, prompt, _options.ContextWindow, _models.NameFor(body), id, _options.TimeProvider.GetUtcNow().ToUnixTimeSeconds());
        ScriptedReply script = _refusals.InEngine(body) ?? _script(request);
        WireReply reply = ReplyRendering.Render(script, call, _options.Profile);
        if (Engine.Held is { } held)
            reply = reply with { Steps = [new WireStep.Gate(held), .. reply.Steps] };

        return (reply, Engine.Enqueue(prompt, reply.CompletionTokens, call.Id));
    }

    private (WireReply Reply, EngineTicket? Ticket) Generate(IGeneratingRoute route, ReceivedRequest request)
    {
        (WireReply? refusal, FakeCall? call, ScriptedReply? inEngine) = route.Read(request, NextId(), _options.TimeProvider.GetUtcNow().ToUnixTimeSeconds());
        if (refusal is not null)
            return (refusal, null);

        WireReply reply = ReplyRendering.Render(inEngine ?? _script(request), call!, _options.Profile);
        return (reply, Engine.Enqueue(call!.PromptTokens, reply.CompletionTokens));
    }

    private WireReply? Refuse(ReceivedRequest request, out JsonObject body, out int prompt)
    {
        prompt = 0;
        body = [];
        if (_refusals.OfBody(request) is { } unreadable)
            return unreadable;
        body = request.Json as JsonObject ?? [];
        try
        {
            if ((_refusals.OfFields(body) ?? _models.RefuseUnknown(body, _refusals)) is { } refusal)
                return refusal;
            prompt = Tokenizer.Count(ChatTemplate.Prompt(body));
        }
        catch (InvalidOperationException)
        {
            return _refusals.OfText();
        }

        return _refusals.OfChat(body, prompt) ?? _images.Take(body);
    }

    private WireReply Tokenize(JsonObject body)
    {
        // Old servers leave the tools out of the count (0.8.5).
        string prompt = body.At("prompt").Text() ?? ChatTemplate.Prompt(body, withTools: !_options.Profile.HasFlatErrors);
        IReadOnlyList<int> ids = _tokenizer.Encode(prompt);
        var reply = new JsonObject
        {
            ["count"] = ids.Count,
            ["max_model_len"] = _options.ContextWindow,
            ["tokens"] = new JsonArray([.. ids.Select(id => (JsonNode)id)]),
        };
        if (!_options.Profile.HasFlatErrors)
        {
            reply["token_strs"] = body.At("return_token_strs").Flag() is true
                ? new JsonArray([.. Tokenizer.Split(prompt).Select(token => (JsonNode)token)])
                : null;
        }

        return Json(reply.ToJsonString());
    }

    private WireReply Detokenize(JsonObject body)
    {
        IEnumerable<int> ids = body.At("tokens").Items().Select(LooseJson.Count).OfType<int>();
        return Json(new JsonObject { ["prompt"] = _tokenizer.Decode(ids) }.ToJsonString());
    }

    private WireReply Render(JsonObject body)
    {
        if (!_options.ScaleOut)
            return _refusals.Refuse("Scale-out endpoints are disabled. Restart vllm serve with --enable-scale-out to enable them.", "PermissionDeniedError", status: 403);
        IReadOnlyList<int> ids = _tokenizer.Encode(ChatTemplate.Prompt(body));
        int room = _options.ContextWindow - ids.Count;
        return _refusals.OfFields(body) ?? _refusals.OfChat(body, ids.Count) ?? Json(new JsonObject
        {
            ["request_id"] = $"chatcmpl-{NextId()}",
            ["token_ids"] = new JsonArray([.. ids.Select(id => (JsonNode)id)]),
            ["sampling_params"] = new JsonObject
            {
                ["temperature"] = body.At("temperature")?.DeepClone() ?? 1.0,
                ["max_tokens"] = Math.Min(FakeCall.MaxTokens(body) ?? room, room),
            },
            ["model"] = _models.NameFor(body),
            ["stream"] = body.At("stream").Flag() ?? false,
        }.ToJsonString());
    }

    // Up to 0.15 every route is on every server, and says so inside a 200.
    private WireReply NoChats(ReceivedRequest request) => (_options.Profile.Minor, request.Method) switch
    {
        ( >= 16, _) => Json("""{"detail":"Not Found"}""", 404),
        (_, "POST") => ReplyRendering.Error(200, new ServerFault("The model does not support Chat Completions API", "BadRequestError", 400), _options.Profile),
        _ => NotAllowed("POST"),
    };

    private WireReply WithBody(ReceivedRequest request, Func<JsonObject, WireReply> answer) =>
        _refusals.OfBody(request) ?? answer(request.Json as JsonObject ?? []);

    private WireReply NotAllowed(string allowed) => ReplyRendering.Plain(
        Script.Replies(405, """{"detail":"Method Not Allowed"}""", "application/json").WithHeader("allow", allowed), _options.Profile);

    private WireReply Json(string body, int status = 200) => ReplyRendering.Json(body, _options.Profile, status);

    private string NextId() =>
        Interlocked.Increment(ref _ids).ToString($"x{_options.Profile.IdLength}", CultureInfo.InvariantCulture);
}

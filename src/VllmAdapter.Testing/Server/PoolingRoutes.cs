using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>The routes of models that write nothing: embeddings, ranks, scores, classes and pooled outputs, in the words of vLLM 0.32.0.</summary>
internal sealed class PoolingRoutes(FakeVllmOptions options, Refusals refusals, ServedModels models, Tokenizer tokenizer, Func<string> newId) : IFakeRoutes
{
    private const ModelKinds ThatScore = ModelKinds.Embeds | ModelKinds.Ranks | ModelKinds.EmbedsTokens;
    private readonly RefusalWriter _refusal = new(options.Profile);
    private readonly PoolingWriter _reply = new(options, models, newId);
    private readonly PoolingModel _model = new(options);
    private readonly PoolingInputs _inputs = new(options, new RefusalWriter(options.Profile), tokenizer);

    public IEnumerable<string> Offered => Routes.Where(IsOffered).SelectMany(route => route.Paths).Select(path => $"POST {path}");

    private IEnumerable<Route> Routes =>
    [
        new("Embeddings", ModelKinds.Embeds, ["/v1/embeddings"], Embeddings) { KindsWithout = ModelKinds.EmbedsTokens },
        new("Rerank (Score)", ThatScore, ["/rerank", "/v1/rerank", "/v2/rerank"], Rerank),
        new("Score", ThatScore, ["/score", "/v1/score"], Score),
        new("Classification", ModelKinds.Ranks | ModelKinds.Classifies, ["/classify"], Classify) { Since = 9 },
        new("Pooling", ThatScore | ModelKinds.Classifies, ["/pooling"], Pool),
    ];

    public WireReply? Answer(ReceivedRequest request) =>
        Routes.FirstOrDefault(route => route.Paths.Contains(request.Path) && IsThere(route)) is { } route ? Answer(request, route) : null;

    private bool IsOffered(Route route) => options.Profile.Minor >= route.Since && (options.Kinds & route.Kinds) != ModelKinds.None;

    // Up to 0.15 every route is on every server, and says so inside a 200; a route that needs more of the right kind of model is a 501.
    private bool IsThere(Route route) => options.Profile.Minor >= route.Since
        && ((options.Kinds & (route.Kinds | route.KindsWithout)) != ModelKinds.None || options.Profile.Minor < 16);

    private WireReply Answer(ReceivedRequest request, Route route)
    {
        if (request.Method != "POST")
            return NotAllowed();
        if (!IsOffered(route))
        {
            bool isOld = options.Profile.Minor < 16;
            var fault = new ServerFault($"The model does not support {route.Api} API", isOld ? "BadRequestError" : "NotImplementedError", isOld ? 400 : 501);
            return _refusal.Refuse(fault, isOld ? 200 : 501);
        }

        if (refusals.OfBody(request) is { } unreadable)
            return unreadable;
        JsonObject body = request.Json as JsonObject ?? [];
        PoolingFault? wrong = options.PoolingFaults?.Invoke(request);
        return Unknown(body) ?? wrong switch
        {
            PoolingFault.EngineDies => _refusal.Refuse(options.Profile.EngineDeath, options.Profile.EngineDeath.Code.GetValue<int>()),
            PoolingFault.RefusedNotANumber => _refusal.Refuse("Out of range float values are not JSON compliant"),
            _ => route.Answer(body, wrong),
        };
    }

    private WireReply Embeddings(JsonObject body, PoolingFault? wrong)
    {
        if (_inputs.Read(body, out List<string> texts) is { } refusal)
            return refusal;
        if (body.At("dimensions").Count() is { } size)
        {
            if (!options.IsMatryoshka)
                return _refusal.Refuse($"Model '{models.Base}' does not support Matryoshka embeddings; dimensions must be unset (received dimensions={size}).");
            if (size < 1 || size > options.EmbeddingSize)
                return _refusal.Refuse($"Model '{models.Base}' only supports dimensions in range [1, {options.EmbeddingSize}], got {size}.");
        }

        return Entries(
            "embd", body, texts, wrong, (text, entry, fault) =>
            {
                entry["object"] = "embedding";
                entry["embedding"] = PoolingWriter.Numbers(_model.Embed(text, body.At("dimensions").Count(), Activates(body)), body, fault);
            });
    }

    private WireReply Pool(JsonObject body, PoolingFault? wrong)
    {
        if (_inputs.Read(body, out List<string> texts) is { } refusal)
            return refusal;
        if (body.ContainsKey("dimensions"))
            return _refusal.Refuse("dimensions is currently not supported");

        string own = options.Kinds.HasFlag(ModelKinds.Embeds) ? "embed" : options.Kinds.HasFlag(ModelKinds.EmbedsTokens) ? "token_embed" : "classify";
        if (body.At("task").Text() is { } task && task != own)
            return _refusal.Refuse($"Unsupported task: '{task}' Supported tasks: ['{own}'] (parameter=task)", param: "task");

        return Entries("pooling", body, texts, wrong, (text, entry, fault) =>
        {
            entry["object"] = "pooling";
            entry["data"] = own switch
            {
                "embed" => PoolingWriter.Numbers(_model.Embed(text, null, Activates(body)), body, fault),
                "token_embed" => new JsonArray([.. _model.EmbedTokens(text).Select(row => (JsonNode)PoolingWriter.Numbers(row, body, fault))]),
                _ => PoolingWriter.Numbers(Array.ConvertAll(_model.Classify(text, Activates(body)), number => (float)number), body, fault),
            };
        });
    }

    private WireReply Classify(JsonObject body, PoolingFault? wrong)
    {
        if (_inputs.Read(body, out List<string> texts) is { } refusal)
            return refusal;
        return Entries("classify", body, texts, wrong, (text, entry, fault) =>
        {
            double[] scores = _model.Classify(text, Activates(body));
            entry["label"] = scores.Length == 1 ? "LABEL_0" : options.Labels[Array.IndexOf(scores, scores.Max())];
            entry["probs"] = PoolingWriter.Numbers(Array.ConvertAll(scores, number => (float)number), [], fault);
            entry["num_classes"] = scores.Length;
        });
    }

    private WireReply Score(JsonObject body, PoolingFault? wrong)
    {
        List<string> queries = Texts(body.At("queries") ?? body.At("text_1") ?? body.At("data_1"));
        List<string> documents = Texts(body.At("documents") ?? body.At("items") ?? body.At("text_2") ?? body.At("data_2"));
        if (queries.Count == 0 || documents.Count == 0)
            return _refusal.Refuse($"At least one text{(queries.Count == 0 ? "" : "_pair")} element must be given");
        if (queries.Count > 1 && queries.Count != documents.Count)
            return _refusal.Refuse("Input lengths must be either 1:1, 1:N or N:N");

        return Entries("score", body, documents, wrong, (text, entry, fault) =>
        {
            int at = entry["index"]!.GetValue<int>();
            entry["object"] = "score";
            entry["score"] = fault == PoolingFault.NotANumber ? null : _model.Score(queries[queries.Count == 1 ? 0 : at], text, Activates(body));
        }, at => queries[queries.Count == 1 ? 0 : at]);
    }

    private WireReply Rerank(JsonObject body, PoolingFault? wrong)
    {
        string query = body.At("query").Text() ?? "";
        List<string> documents = Texts(body.At("documents"));
        if (documents.Count == 0)
            return _refusal.Refuse("At least one text_pair element must be given");
        if (body.At("top_n").Count() is { } top and < 0)
            return _refusal.Refuse($"top_n must be non-negative, got {top}. (parameter=top_n)", param: "top_n");
        if (_inputs.Count(body, documents.Select(text => query + text), out int tokens) is { } refusal)
            return refusal;

        JsonObject[] ranked =
        [
            .. documents.Select((text, at) => new JsonObject
            {
                ["index"] = at,
                ["document"] = new JsonObject { ["text"] = text, ["multi_modal"] = null },
                ["relevance_score"] = _model.Score(query, text, Activates(body)),
            }).OrderByDescending(entry => entry["relevance_score"]!.GetValue<double>()),
        ];
        int most = body.At("top_n").Count() is > 0 and var asked ? asked : ranked.Length;
        return _reply.Ranks(body, ranked[..Math.Min(most, ranked.Length)], tokens, wrong);
    }

    // One entry for each text, its index and what the route writes of it.
    private WireReply Entries(
        string prefix,
        JsonObject body,
        List<string> texts,
        PoolingFault? wrong,
        Action<string, JsonObject, PoolingFault?> write,
        Func<int, string>? counterpart = null)
    {
        if (_inputs.Count(body, texts.Select((text, at) => counterpart?.Invoke(at) + text), out int tokens) is { } refusal)
            return refusal;

        var entries = new JsonObject[texts.Count];
        for (int at = 0; at < entries.Length; at++)
        {
            entries[at] = new JsonObject { ["index"] = at };
            write(texts[at], entries[at], at == entries.Length - 1 ? wrong : null);
        }

        return _reply.List(prefix, body, entries, tokens, wrong);
    }

    private static bool Activates(JsonObject body) => body.At("use_activation").Flag() is not false;

    private static List<string> Texts(JsonNode? node) => node.Text() is { } text ? [text] : [.. node.Items().Select(item => item.Text() ?? "")];

    // Unlike chats, these name neither the field nor the models that there are.
    private WireReply? Unknown(JsonObject body) => models.Knows(body)
        ? null
        : _refusal.Refuse($"The model `{models.NameFor(body)}` does not exist.", "NotFoundError", status: 404);

    private WireReply NotAllowed() => ReplyRendering.Plain(
        Script.Replies(405, """{"detail":"Method Not Allowed"}""", "application/json").WithHeader("allow", "POST"), options.Profile);

    /// <summary>A route under all of its paths, by what the server calls it, and with the kinds of model that it is for.</summary>
    private sealed record Route(string Api, ModelKinds Kinds, string[] Paths, Func<JsonObject, PoolingFault?, WireReply> Answer)
    {
        /// <summary>Kinds of model whose servers have the path, and refuse what is sent there.</summary>
        public ModelKinds KindsWithout { get; init; }

        /// <summary>The first minor version that has it.</summary>
        public int Since { get; init; }
    }
}

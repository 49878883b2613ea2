using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>The routes of models that write nothing: embeddings, ranks, scores, classes and pooled outputs, in the words of vLLM 0.32.0.</summary>
internal sealed class PoolingRoutes(FakeVllmOptions options, Refusals refusals, ServedModels models, Tokenizer tokenizer, Func<string> newId) : IFakeRoutes
{
    private const ModelKinds ThatScore = ModelKinds.Embeds | ModelKinds.Ranks | ModelKinds.EmbedsTokens;
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly RefusalWriter _writer = new(options.Profile);
    private readonly PoolingModel _model = new(options);
    private readonly PoolingInputs _inputs = new(options, new RefusalWriter(options.Profile), tokenizer);

    private static readonly (ModelKinds Kinds, string[] Paths)[] Paths =
    [
        (ModelKinds.Embeds, ["/v1/embeddings"]),
        (ThatScore, ["/rerank", "/v1/rerank", "/v2/rerank", "/score", "/v1/score"]),
        (ModelKinds.Ranks | ModelKinds.Classifies, ["/classify"]),
        (ThatScore | ModelKinds.Classifies, ["/pooling"]),
    ];

    public IEnumerable<string> Offered =>
        Paths.Where(row => (options.Kinds & row.Kinds) != ModelKinds.None).SelectMany(row => row.Paths).Where(path => path != "/classify" || options.Profile.Minor >= 9).Select(path => $"POST {path}");

    public WireReply? Answer(ReceivedRequest request) => request.Path switch
    {
        "/v1/embeddings" => Answer(request, ModelKinds.Embeds, "Embeddings", Embeddings, missing: ModelKinds.EmbedsTokens),
        "/rerank" or "/v1/rerank" or "/v2/rerank" => Answer(request, ThatScore, "Rerank (Score)", Rerank),
        "/score" or "/v1/score" => Answer(request, ThatScore, "Score", Score),
        "/classify" when options.Profile.Minor >= 9 => Answer(request, ModelKinds.Ranks | ModelKinds.Classifies, "Classification", Classify),
        "/pooling" => Answer(request, ThatScore | ModelKinds.Classifies, "Pooling", Pool),
        _ => null,
    };

    private WireReply? Answer(
        ReceivedRequest request, ModelKinds kinds, string api, Func<JsonObject, PoolingFault?, WireReply> answer, ModelKinds missing = ModelKinds.None)
    {
        // Up to 0.15 every route is on every server, and says so inside a 200; a route that needs more of the right kind of model is a 501.
        bool isOffered = (options.Kinds & kinds) != ModelKinds.None;
        bool isThere = isOffered || (options.Kinds & missing) != ModelKinds.None || options.Profile.Minor < 16;
        if (!isThere)
            return null;
        if (request.Method != "POST")
            return NotAllowed();
        if (!isOffered)
        {
            bool isOld = options.Profile.Minor < 16;
            var fault = new ServerFault($"The model does not support {api} API", isOld ? "BadRequestError" : "NotImplementedError", isOld ? 400 : 501);
            return _writer.Refuse(fault, isOld ? 200 : 501);
        }

        if (refusals.OfBody(request) is { } unreadable)
            return unreadable;
        JsonObject body = request.Json as JsonObject ?? [];
        PoolingFault? wrong = options.PoolingFaults?.Invoke(request);
        return Unknown(body) ?? wrong switch
        {
            PoolingFault.EngineDies => _writer.Refuse(options.Profile.EngineDeath, options.Profile.EngineDeath.Code.GetValue<int>()),
            PoolingFault.RefusedNotANumber => _writer.Refuse("Out of range float values are not JSON compliant"),
            _ => answer(body, wrong),
        };
    }

    private WireReply Embeddings(JsonObject body, PoolingFault? wrong)
    {
        if (_inputs.Read(body, out List<string> texts) is { } refusal)
            return refusal;
        if (body.At("dimensions").Count() is { } size)
        {
            if (!options.IsMatryoshka)
                return _writer.Refuse($"Model '{models.Base}' does not support Matryoshka embeddings; dimensions must be unset (received dimensions={size}).");
            if (size < 1 || size > options.EmbeddingSize)
                return _writer.Refuse($"Model '{models.Base}' only supports dimensions in range [1, {options.EmbeddingSize}], got {size}.");
        }

        return Entries(
            "embd", body, texts, wrong, (text, entry, fault) =>
            {
                entry["object"] = "embedding";
                entry["embedding"] = Numbers(_model.Embed(text, body.At("dimensions").Count(), Activates(body)), body, fault);
            });
    }

    private WireReply Pool(JsonObject body, PoolingFault? wrong)
    {
        if (_inputs.Read(body, out List<string> texts) is { } refusal)
            return refusal;
        if (body.ContainsKey("dimensions"))
            return _writer.Refuse("dimensions is currently not supported");

        string own = options.Kinds.HasFlag(ModelKinds.Embeds) ? "embed" : options.Kinds.HasFlag(ModelKinds.EmbedsTokens) ? "token_embed" : "classify";
        if (body.At("task").Text() is { } task && task != own)
            return _writer.Refuse($"Unsupported task: '{task}' Supported tasks: ['{own}'] (parameter=task)", param: "task");

        return Entries("pooling", body, texts, wrong, (text, entry, fault) =>
        {
            entry["object"] = "pooling";
            entry["data"] = own switch
            {
                "embed" => Numbers(_model.Embed(text, null, Activates(body)), body, fault),
                "token_embed" => new JsonArray([.. _model.EmbedTokens(text).Select(row => (JsonNode)Numbers(row, body, fault))]),
                _ => Numbers(Array.ConvertAll(_model.Classify(text, Activates(body)), number => (float)number), body, fault),
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
            entry["probs"] = Numbers(Array.ConvertAll(scores, number => (float)number), [], fault);
            entry["num_classes"] = scores.Length;
        });
    }

    private WireReply Score(JsonObject body, PoolingFault? wrong)
    {
        List<string> queries = Texts(body.At("queries") ?? body.At("text_1") ?? body.At("data_1"));
        List<string> documents = Texts(body.At("documents") ?? body.At("items") ?? body.At("text_2") ?? body.At("data_2"));
        if (queries.Count == 0 || documents.Count == 0)
            return _writer.Refuse($"At least one text{(queries.Count == 0 ? "" : "_pair")} element must be given");
        if (queries.Count > 1 && queries.Count != documents.Count)
            return _writer.Refuse("Input lengths must be either 1:1, 1:N or N:N");

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
            return _writer.Refuse("At least one text_pair element must be given");
        if (body.At("top_n").Count() is { } top and < 0)
            return _writer.Refuse($"top_n must be non-negative, got {top}. (parameter=top_n)", param: "top_n");
        if (Tokens(body, documents, _ => query, out int tokens) is { } refusal)
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
        JsonObject[] results = ranked[..Math.Min(most, ranked.Length)];
        if (wrong == PoolingFault.NotANumber)
            results[^1]["relevance_score"] = null;
        return Json(new JsonObject
        {
            ["id"] = $"score-{newId()}",
            ["model"] = models.NameFor(body),
            ["usage"] = new JsonObject { ["prompt_tokens"] = tokens, ["total_tokens"] = tokens },
            ["results"] = new JsonArray([.. Wrong(results, wrong)]),
        });
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
        if (Tokens(body, texts, counterpart, out int tokens) is { } refusal)
            return refusal;

        var entries = new JsonObject[texts.Count];
        for (int at = 0; at < entries.Length; at++)
        {
            entries[at] = new JsonObject { ["index"] = at };
            write(texts[at], entries[at], at == entries.Length - 1 ? wrong : null);
        }

        return Json(new JsonObject
        {
            ["id"] = $"{prefix}-{newId()}",
            ["object"] = "list",
            ["created"] = options.TimeProvider.GetUtcNow().ToUnixTimeSeconds(),
            ["model"] = models.NameFor(body),
            ["data"] = new JsonArray([.. Wrong(entries, wrong)]),
            ["usage"] = new JsonObject
            {
                ["prompt_tokens"] = tokens,
                ["total_tokens"] = tokens,
                ["completion_tokens"] = 0,
                ["prompt_tokens_details"] = null,
                ["completion_tokens_details"] = null,
            },
        });
    }

    private static JsonObject[] Wrong(JsonObject[] entries, PoolingFault? wrong)
    {
        if (wrong == PoolingFault.TooFew)
            return entries[..^1];
        if (wrong == PoolingFault.Doubled)
            entries[^1]["index"] = entries[0]["index"]!.GetValue<int>();
        return entries;
    }

    private WireReply? Tokens(JsonObject body, List<string> texts, Func<int, string>? counterpart, out int tokens)
    {
        tokens = 0;
        for (int at = 0; at < texts.Count; at++)
        {
            if (_inputs.Count(body, counterpart?.Invoke(at) + texts[at], out int count) is { } refusal)
                return refusal;
            tokens += count;
        }

        return null;
    }

    private static JsonNode Numbers(float[] numbers, JsonObject body, PoolingFault? fault)
    {
        if (fault == PoolingFault.WrongLength)
            numbers = numbers[..^1];
        bool isNone = fault == PoolingFault.NotANumber;
        if (body.At("encoding_format").Text() != "base64")
            return new JsonArray([.. numbers.Select(number => isNone ? null : (JsonNode)(double)number)]);

        byte[] bytes = new byte[numbers.Length * sizeof(float)];
        for (int at = 0; at < numbers.Length; at++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(at * sizeof(float)), isNone ? float.NaN : numbers[at]);
        return Convert.ToBase64String(bytes);
    }

    private static bool Activates(JsonObject body) => body.At("use_activation").Flag() is not false;

    private static List<string> Texts(JsonNode? node) => node.Text() is { } text ? [text] : [.. node.Items().Select(item => item.Text() ?? "")];

    // Unlike chats, these name neither the field nor the models that there are.
    private WireReply? Unknown(JsonObject body) => models.Knows(body)
        ? null
        : _writer.Refuse($"The model `{models.NameFor(body)}` does not exist.", "NotFoundError", status: 404);

    private WireReply NotAllowed() => ReplyRendering.Plain(
        Script.Replies(405, """{"detail":"Method Not Allowed"}""", "application/json").WithHeader("allow", "POST"), options.Profile);

    private WireReply Json(JsonObject body) => ReplyRendering.Json(body.ToJsonString(Relaxed), options.Profile);
}

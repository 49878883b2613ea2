using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>What the server says of its routes and fields (<c>/openapi.json</c>), and how it answers on routes that it has not.</summary>
/// <remarks>
/// Up to 0.15 the routes of every model lie on every server: GET is 405 there, and POST a 200 with an error inside. Recorded of 0.8.5 and 0.11.0;
/// of 0.20.2 and later that such a route is 404.
/// </remarks>
internal sealed class RouteCatalog(FakeVllmOptions options, IReadOnlyList<string> others)
{
    private const int FirstWithRoutesOfItsModelOnly = 16;

    private static readonly Dictionary<string, string> Apis = new(StringComparer.Ordinal)
    {
        ["/v1/embeddings"] = "Embeddings",
        ["/pooling"] = "Pooling",
        ["/score"] = "Score",
        ["/v1/score"] = "Score",
        ["/rerank"] = "Rerank (Score)",
        ["/v1/rerank"] = "Rerank (Score)",
        ["/v2/rerank"] = "Rerank (Score)",
        ["/classify"] = "Classification",
        ["/v1/audio/transcriptions"] = "Transcriptions",
        ["/v1/audio/translations"] = "Translations",
    };

    // What every profile has.
    private static readonly string[] Own =
    [
        "POST /v1/chat/completions", "GET /v1/models", "GET /health", "GET /ping", "GET /version", "GET /load", "POST /tokenize", "POST /detokenize",
        "POST /v1/load_lora_adapter", "POST /v1/unload_lora_adapter",
    ];

    public WireReply? Answer(ReceivedRequest request)
    {
        if (options.HasDocs && request is { Path: "/openapi.json", Method: "GET" })
            return ReplyRendering.Json(Description().ToJsonString(), options.Profile);

        if (All().FirstOrDefault(route => route[(route.IndexOf(' ', StringComparison.Ordinal) + 1)..] == request.Path) is { } offered)
            return NotAllowed(offered.Split(' ')[0]);

        return Lacking(request.Path) is not { } api ? null : request.Method == "POST"
            ? ReplyRendering.Error(200, new ServerFault($"The model does not support {api} API", "BadRequestError", 400), options.Profile)
            : NotAllowed("POST");
    }

    private IEnumerable<string> All()
    {
        IEnumerable<string> render = options.Profile.Minor >= 13 ? ["POST /v1/chat/completions/render"] : [];
        return Own.Concat(render).Concat(others);
    }

    // A route of another kind of model, where it lies there all the same.
    private string? Lacking(string path) => options.Profile.Minor >= FirstWithRoutesOfItsModelOnly
        || (options.Profile.Minor < 9 && path is "/classify" or "/v1/audio/translations")
            ? null
            : Apis.GetValueOrDefault(path);

    private JsonObject Description()
    {
        var paths = new JsonObject();
        IEnumerable<string> lacking = Apis.Keys.Where(path => Lacking(path) is not null).Select(path => $"POST {path}");
        foreach (string[] route in All().Concat(lacking).Distinct(StringComparer.Ordinal).Select(route => route.Split(' ')))
            paths[route[1]] = new JsonObject { [route[0].ToLowerInvariant()] = new JsonObject() };

        var properties = new JsonObject();
        foreach (string field in RequestFields.Of(options.Profile))
            properties[field] = new JsonObject();

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "FastAPI", ["version"] = "0.1.0" },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = new JsonObject { ["ChatCompletionRequest"] = new JsonObject { ["properties"] = properties } } },
        };
    }

    private WireReply NotAllowed(string allowed) => ReplyRendering.Plain(
        Script.Replies(405, """{"detail":"Method Not Allowed"}""", "application/json").WithHeader("allow", allowed), options.Profile);
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Pooling;

/// <summary>Puts a recorded request into the words of the public API.</summary>
internal static class RecordedQuestion
{
    private static readonly string[] Common = ["model", "truncate_prompt_tokens", "truncation_side", "add_special_tokens", "use_activation"];

    /// <summary>Asks what was asked.</summary>
    /// <exception cref="NotSupportedException">The API cannot say it: a value of a kind that its types do not have.</exception>
    public static async Task<object> AskAsync(VllmInferenceAdapter adapter, RecordedPooling recorded)
    {
        JsonObject? body = recorded.Body;
        if (recorded.Path == "/health")
            return await adapter.Server.CheckHealthAsync();
        if (recorded.Method == HttpMethod.Get)
            return await adapter.Routes.GetAsync(recorded.Path);

        RequestHeaders? headers = recorded.RequestId is { } id ? new RequestHeaders { RequestId = id } : null;
        switch (recorded.Route)
        {
            case "/v1/embeddings":
                return await adapter.EmbedAsync(Told(body, new EmbeddingRequest
                {
                    Inputs = InputsOf(body),
                    Dimensions = Number(body, "dimensions"),
                    Encoding = Text(body, "encoding_format") switch
                    {
                        "base64" => VectorEncoding.Base64,
                        null or "float" => VectorEncoding.Float,
                        var other => throw new NotSupportedException(other),
                    },
                    Headers = headers,
                    Extra = ExtraOf(body, "input", "messages", "dimensions", "encoding_format"),
                }));
            case "/v1/rerank":
                return await adapter.RerankAsync(Told(body, new RerankRequest
                {
                    Query = Text(body, "query") ?? throw new NotSupportedException("no query"),
                    Documents = Texts(body?["documents"]),
                    TopN = body?.ContainsKey("top_n") is true ? Number(body, "top_n") ?? throw new NotSupportedException("null") : null,
                    MaxTokensPerDocument = Number(body, "max_tokens_per_doc"),
                    MaxTokensPerQuery = Number(body, "max_tokens_per_query"),
                    Instruction = Text(body, "instruction"),
                    Headers = headers,
                    Extra = ExtraOf(body, "query", "documents", "top_n", "max_tokens_per_doc", "max_tokens_per_query", "instruction"),
                }));
            case "/v1/score":
                return await adapter.ScoreAsync(Told(body, new ScoreRequest
                {
                    Queries = Texts(body?["queries"] ?? body?["text_1"]),
                    Documents = Texts(body?["documents"] ?? body?["text_2"]),
                    Headers = headers,
                    Extra = ExtraOf(body, "text_1", "text_2", "queries", "documents"),
                }));
            case "/classify":
                return await adapter.ClassifyAsync(Told(body, new ClassificationRequest { Inputs = InputsOf(body), Headers = headers, Extra = ExtraOf(body, "input", "messages") }));
            case "/pooling":
                return await adapter.PoolAsync(Told(body, new PoolRequest
                {
                    Inputs = InputsOf(body),
                    Task = Text(body, "task"),
                    Headers = headers,
                    Extra = ExtraOf(body, "input", "messages", "task"),
                }));
            default:
                return await adapter.Routes.PostAsync(recorded.Path, body ?? throw new NotSupportedException("no body"));
        }
    }

    /// <summary>Asks something plain of the same route.</summary>
    public static async Task<object> AskPlainAsync(VllmInferenceAdapter adapter, RecordedPooling recorded) => recorded.Route switch
    {
        // Whoever knows how long the vectors have to be, says so.
        "/v1/embeddings" => await adapter.EmbedAsync(new EmbeddingRequest { Inputs = ["x"], Dimensions = 384 }),
        "/v1/rerank" => await adapter.RerankAsync("q", ["x"]),
        "/v1/score" => await adapter.ScoreAsync("q", ["x"]),
        "/classify" => await adapter.ClassifyAsync(["x"]),
        "/pooling" => await adapter.PoolAsync(["x"]),
        _ => await adapter.Routes.PostAsync(recorded.Path, []),
    };

    private static T Told<T>(JsonObject? body, T request)
        where T : PoolingRequest => request with
        {
            Model = Text(body, "model"),
            TruncateTo = Number(body, "truncate_prompt_tokens"),
            TruncationSide = Text(body, "truncation_side") switch { "left" => TruncationSide.Left, "right" => TruncationSide.Right, _ => null },
            AddSpecialTokens = Flag(body, "add_special_tokens"),
            UseActivation = Flag(body, "use_activation"),
        };

    private static JsonObject ExtraOf(JsonObject? body, params string[] own) =>
        [.. (body ?? []).Where(field => !own.Concat(Common).Contains(field.Key)).Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone()))];

    private static List<PoolingInput> InputsOf(JsonObject? body) => (body?["input"], body?["messages"]) switch
    {
        (null, JsonArray messages) when messages.All(message => message is JsonObject) => [PoolingInput.FromMessages(MessagesOf(messages))],
        (null, JsonArray conversations) => [.. conversations.Select(one => PoolingInput.FromMessages(MessagesOf((JsonArray)one!)))],
        (JsonValue text, _) => [text.GetValue<string>()],
        (JsonArray { Count: > 0 } ids, _) when ids[0]?.GetValueKind() == JsonValueKind.Number => [TokensOf(ids)],
        (JsonArray { Count: > 0 } lists, _) when lists[0] is JsonArray => [.. lists.Select(list => TokensOf((JsonArray)list!))],
        (JsonArray texts, _) => [.. texts.Select(text => PoolingInput.FromText(TextOf(text)))],
        _ => throw new NotSupportedException("no input"),
    };

    private static IReadOnlyList<VllmMessage> MessagesOf(JsonArray messages) => ChatRequest.Parse(messages.ToJsonString()).Messages;

    private static PoolingInput TokensOf(JsonArray ids) => PoolingInput.FromTokens(
        [.. ids.Select(id => id is JsonValue value && value.TryGetValue(out int number) ? number : throw new NotSupportedException("no whole number"))]);

    private static string[] Texts(JsonNode? node) => node switch
    {
        JsonArray texts => [.. texts.Select(TextOf)],
        JsonValue => [TextOf(node)],
        _ => throw new NotSupportedException("no texts"),
    };

    private static string TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : throw new NotSupportedException("no text");

    private static string? Text(JsonObject? body, string name) => body?[name] is { } value ? TextOf(value) : null;

    private static int? Number(JsonObject? body, string name) => body?[name]?.GetValue<int>();

    private static bool? Flag(JsonObject? body, string name) => body?[name]?.GetValue<bool>();
}

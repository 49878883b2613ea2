using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace VllmAdapter.Tests.Pooling;

/// <summary>One recorded exchange with a pooling model of vLLM 0.32.0, and what a careful client makes of it.</summary>
/// <remarks>
/// The recordings of the groups embed, embed-matryoshka, embed-chunked, embed-nan, embed-nan-orjson, embed-dies, rerank, classify1, classify3, pooling and
/// pooling-token-embed. A long run of one word is written as <c>{{hello*3000}}</c>.
/// A request with two conversations is one that the adapter never sends: it asks about each by itself, and a reply about both is refused.
/// </remarks>
internal sealed partial class RecordedPooling(JsonObject row) : HttpMessageHandler
{
    private static readonly Lazy<Dictionary<string, JsonObject>> Rows = new(Load);

    public static IEnumerable<string> Names => Rows.Value.Keys;

    public string Path => row["path"]!.GetValue<string>();

    public HttpMethod Method { get; } = new(row["method"]!.GetValue<string>());

    public JsonObject? Body => row["body"] is JsonObject body ? (JsonObject)JsonNode.Parse(Long(body.ToJsonString()))! : null;

    public int Status => row["status"]!.GetValue<int>();

    public string? RequestId => row["headers"]?["X-Request-Id"]?.GetValue<string>();

    public JsonNode Reply => JsonNode.Parse(Long(row["text"]!.GetValue<string>()))!;

    /// <summary>The failure that it is; null for an answer.</summary>
    public RequestFailure? Expected => row["expect"] is { } failure ? Enum.Parse<RequestFailure>(failure.GetValue<string>()) : null;

    /// <summary>Rerank and score lie on several routes, which answer alike.</summary>
    public string Route => Path.Replace("/v2/rerank", "/v1/rerank", StringComparison.Ordinal) switch
    {
        "/rerank" => "/v1/rerank",
        "/score" => "/v1/score",
        var path => path,
    };

    public static RecordedPooling Of(string name) => new(Rows.Value[name]);

    public VllmInferenceAdapter NewAdapter() => new(
        new HttpClient(this), new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test"), Resilience = { MaxAttempts = 1 } });

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A recording answers the question that it was recorded for, and no other.
        request.Method.Should().Be(Method);
        request.RequestUri!.AbsolutePath.Should().Be(Route);
        byte[] bytes = row["base64"] is { } base64
            ? Convert.FromBase64String(base64.GetValue<string>())
            : Encoding.UTF8.GetBytes(Long(row["text"]!.GetValue<string>()));
        var response = new HttpResponseMessage((HttpStatusCode)Status) { Content = new ByteArrayContent(bytes), RequestMessage = request };
        if (row["type"] is { } type)
            response.Content.Headers.TryAddWithoutValidation("Content-Type", type.GetValue<string>());
        if (row["metadata"] is { } metadata)
            response.Headers.TryAddWithoutValidation("metadata", metadata.GetValue<string>());

        return Task.FromResult(response);
    }

    private static string Long(string text) => Run().Replace(
        text, match => new StringBuilder().Insert(0, "hello ", int.Parse(match.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture)).ToString());

    [GeneratedRegex(@"\{\{hello\*(\d+)\}\}")]
    private static partial Regex Run();

    private static Dictionary<string, JsonObject> Load()
    {
        using Stream file = typeof(RecordedPooling).Assembly.GetManifestResourceStream("recorded-pooling.json")!;
        return JsonNode.Parse(file)!.AsArray().Select(row => row!.AsObject()).ToDictionary(row => row["name"]!.GetValue<string>(), StringComparer.Ordinal);
    }
}

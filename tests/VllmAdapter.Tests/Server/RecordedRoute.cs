using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Server;

/// <summary>One recorded exchange on a route beside chat, and what a careful client makes of it.</summary>
/// <remarks>The recordings of the groups missing, probes, auth, lora, lora-not-enabled, dev and decisions; long texts of the requests are cut.</remarks>
internal sealed class RecordedRoute(JsonObject row) : HttpMessageHandler
{
    private static readonly Lazy<Dictionary<string, JsonObject>> Rows = new(Load);

    public static IEnumerable<string> Names => Rows.Value.Keys;

    public HttpMethod Method { get; } = new(row["method"]!.GetValue<string>());

    public string Path => row["path"]!.GetValue<string>();

    public JsonObject Body => row["body"] as JsonObject ?? [];

    /// <summary>The failure that it is, the verdict of a stream, or null for an answer.</summary>
    public string? Expected => row["expect"]?.GetValue<string>();

    public static RecordedRoute Of(string name) => new(Rows.Value[name]);

    public VllmInferenceAdapter NewAdapter() => new(
        new HttpClient(this), new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test"), Resilience = { MaxAttempts = 1 } }, new ManualTimeProvider());

    /// <summary>What the server answered.</summary>
    public HttpResponseMessage Response()
    {
        string text = string.Concat(row["pieces"]!.AsArray().Select(piece => piece!.GetValue<string>()));
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        if (row["contentType"] is { } type)
            content.Headers.TryAddWithoutValidation("Content-Type", type.GetValue<string>());

        if (row["allow"] is { } allow)
            content.Headers.TryAddWithoutValidation("Allow", allow.GetValue<string>());

        return new HttpResponseMessage((HttpStatusCode)row["status"]!.GetValue<int>()) { Content = content };
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A recording answers the question that it was recorded for, and no other.
        request.Method.Should().Be(Method);
        request.RequestUri!.AbsolutePath.Should().Be(Path.Split('?')[0]);
        HttpResponseMessage response = Response();
        response.RequestMessage = request;
        return Task.FromResult(response);
    }

    private static Dictionary<string, JsonObject> Load()
    {
        using Stream file = typeof(RecordedRoute).Assembly.GetManifestResourceStream("recorded-routes.json")!;
        return JsonNode.Parse(file)!.AsArray().Select(row => row!.AsObject()).ToDictionary(row => row["name"]!.GetValue<string>(), StringComparer.Ordinal);
    }
}

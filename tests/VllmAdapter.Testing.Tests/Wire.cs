using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing.Tests;

/// <summary>The ways in which a server is reached.</summary>
public enum Way
{
    Memory = 1,
    Http1,
    Http2,
}

/// <summary>A body as a plain client saw it.</summary>
internal sealed record Seen(HttpStatusCode Status, string? ContentType, string Body, string End)
{
    public string[] Events => [.. Body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(one => one["data: ".Length..])];

    public JsonNode Json => JsonNode.Parse(Body)!;

    public JsonNode[] Chunks => [.. Events.Where(data => data != "[DONE]").Select(data => JsonNode.Parse(data)!)];

    public string Text => string.Concat(Chunks.Select(chunk => (string?)Delta(chunk)?["content"]));

    public string?[] Reasons => [.. Chunks.Select(chunk => (string?)(chunk["choices"] as JsonArray)?.FirstOrDefault()?["finish_reason"]).Where(reason => reason is not null)];

    public static JsonNode? Delta(JsonNode chunk) => (chunk["choices"] as JsonArray)?.FirstOrDefault()?["delta"];
}

/// <summary>Plain HTTP, reading bytes.</summary>
internal static class Wire
{
    public const string Streamed = """{"model":"fake-model","stream":true,"messages":[{"role":"user","content":"Hi"}]}""";

    public const string NotStreamed = """{"model":"fake-model","messages":[{"role":"user","content":"Hi"}]}""";

    public static async Task<(FakeVllm Vllm, HttpClient Http)> OpenAsync(Way way, params ScriptedReply[] scripts)
    {
        FakeVllm vllm = way == Way.Memory ? FakeVllm.InMemory(scripts) : await FakeVllm.StartAsync(scripts);
        HttpClient http = vllm.CreateHttpClient();
        if (way == Way.Http2)
        {
            http.BaseAddress = vllm.Http2Endpoint;
            http.DefaultRequestVersion = HttpVersion.Version20;
            http.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        }

        return (vllm, http);
    }

    public static Task<HttpResponseMessage> PostAsync(HttpClient http, string json, string path = "v1/chat/completions", CancellationToken token = default) =>
        http.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = new StringContent(json, Encoding.UTF8, "application/json"),
                Version = http.DefaultRequestVersion,
                VersionPolicy = http.DefaultVersionPolicy,
            },
            HttpCompletionOption.ResponseHeadersRead,
            token);

    public static async Task<Seen> ReadAsync(HttpClient http, string json, string path = "v1/chat/completions")
    {
        HttpResponseMessage response;
        try
        {
            response = await PostAsync(http, json, path);
        }
        catch (HttpRequestException fault)
        {
            return new Seen(default, null, "", NameOf(fault.InnerException!));
        }

        using (response)
        {
            await using Stream body = await response.Content.ReadAsStreamAsync();
            (byte[] bytes, string end) = await DrainAsync(body);
            return new Seen(response.StatusCode, response.Content.Headers.ContentType?.ToString(), Encoding.UTF8.GetString(bytes), end);
        }
    }

    public static async Task<Seen> GetAsync(HttpClient http, string path)
    {
        using HttpResponseMessage response = await http.GetAsync(new Uri(path, UriKind.Relative));
        return new Seen(response.StatusCode, response.Content.Headers.ContentType?.ToString(), await response.Content.ReadAsStringAsync(), "end");
    }

    private static async Task<(byte[] Bytes, string End)> DrainAsync(Stream body)
    {
        using var read = new MemoryStream();
        byte[] buffer = new byte[4096];
        try
        {
            int count;
            while ((count = await body.ReadAsync(buffer)) > 0)
                read.Write(buffer, 0, count);
            return (read.ToArray(), "end");
        }
        catch (IOException fault)
        {
            return (read.ToArray(), NameOf(fault));
        }
    }

    private static string NameOf(Exception fault) => fault switch
    {
        HttpProtocolException => "reset",
        HttpIOException { InnerException: HttpProtocolException } => "reset",
        HttpIOException io => io.HttpRequestError.ToString(),
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset } } => "reset",
        _ => fault.ToString(),
    };
}

using System.Net;
using System.Net.Sockets;
using System.Text;

namespace VllmAdapter.AotSmoke;

/// <summary>Answers requests on real sockets, each route in vLLM's words, and chats as streams.</summary>
internal sealed class CannedServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, port: 0);

    public CannedServer()
    {
        _listener.Start();
        Endpoint = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _ = AcceptAsync();
    }

    public Uri Endpoint { get; }

    public void Dispose() => _listener.Dispose();

    // What the tool gave back ends the conversation.
    private static string[] EventsFor(string path, string body) => path switch
    {
        "/v1/completions" =>
        [
            """{"id":"cmpl-1","model":"granite","choices":[{"index":0,"text":" llama","finish_reason":null}]}""",
            """{"id":"cmpl-1","model":"granite","choices":[{"index":0,"text":"","finish_reason":"stop"}]}""",
            """{"id":"cmpl-1","model":"granite","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""",
            "[DONE]",
        ],
        _ when body.Contains("\"role\":\"tool\"", StringComparison.Ordinal) =>
        [
            """{"id":"chatcmpl-2","model":"granite","choices":[{"index":0,"delta":{"role":"assistant","content":"It is sunny."},"finish_reason":"stop"}]}""",
            """{"id":"chatcmpl-2","model":"granite","choices":[],"usage":{"prompt_tokens":60,"completion_tokens":4,"total_tokens":64}}""",
            "[DONE]",
        ],
        _ =>
        [
            """{"id":"chatcmpl-1","model":"granite","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}""",
            """{"id":"chatcmpl-1","model":"granite","choices":[{"index":0,"delta":{"content":"Let me"},"finish_reason":null}]}""",
            """{"id":"chatcmpl-1","model":"granite","choices":[{"index":0,"delta":{"content":" see."},"finish_reason":null}]}""",
            """
            {"id":"chatcmpl-1","model":"granite","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call-1","type":"function","function":{"name":"get_weather","arguments":"{\"city\": "}}]}}]}
            """,
            """
            {"id":"chatcmpl-1","model":"granite","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"Paris\"}"}}]},"finish_reason":"tool_calls"}]}
            """,
            """{"id":"chatcmpl-1","model":"granite","choices":[],"usage":{"prompt_tokens":30,"completion_tokens":20,"total_tokens":50}}""",
            "[DONE]",
        ],
    };

    private static string? JsonFor(string path) => path switch
    {
        "/v1/models" => """{"object":"list","data":[{"id":"granite","object":"model","max_model_len":4096}]}""",
        "/v1/embeddings" => """{"id":"embd-1","object":"list","model":"granite","data":[{"index":0,"object":"embedding","embedding":[0.5,-0.25]}],"usage":{"prompt_tokens":3,"total_tokens":3}}""",
        "/v1/rerank" or "/rerank" => """{"id":"rerank-1","model":"granite","usage":{"total_tokens":9},"results":[{"index":1,"document":{"text":"b"},"relevance_score":0.9},{"index":0,"document":{"text":"a"},"relevance_score":0.1}]}""",
        "/tokenize" => """{"count":2,"max_model_len":4096,"tokens":[1,2],"token_strs":null}""",
        "/v1/audio/transcriptions" => """{"text":"Hello.","usage":{"type":"duration","seconds":1}}""",
        _ => null,
    };

    private async Task AcceptAsync()
    {
        while (true)
            _ = AnswerAsync(await _listener.AcceptTcpClientAsync());
    }

    private static async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            await using NetworkStream stream = client.GetStream();
            (string path, string body) = await ReadRequestAsync(stream);
            if (JsonFor(path) is { } json)
            {
                await SendAsync(stream, $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\nConnection: close\r\n\r\n{json}");
                return;
            }

            await SendAsync(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
            foreach (string data in EventsFor(path, body))
                await SendAsync(stream, Chunk($"data: {data}\n\n"));

            await SendAsync(stream, Chunk(""));
        }
    }

    // Whoever answers before the body has come risks a reset.
    private static async Task<(string Path, string Body)> ReadRequestAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
        string path = (await reader.ReadLineAsync() ?? "").Split(' ')[1];
        int length = 0;
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                length = int.Parse(line.AsSpan("Content-Length:".Length));
        }

        char[] body = new char[length];
        if (length > 0)
            await reader.ReadBlockAsync(body);

        return (path, new string(body));
    }

    private static string Chunk(string text) => $"{Encoding.UTF8.GetByteCount(text):X}\r\n{text}\r\n";

    private static ValueTask SendAsync(NetworkStream stream, string text) => stream.WriteAsync(Encoding.UTF8.GetBytes(text));
}

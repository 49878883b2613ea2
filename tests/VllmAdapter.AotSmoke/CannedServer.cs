using System.Net;
using System.Net.Sockets;
using System.Text;

namespace VllmAdapter.AotSmoke;

/// <summary>Answers the first request on a real socket with a chat stream, as vLLM sends it.</summary>
internal sealed class CannedServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, port: 0);

    public CannedServer()
    {
        _listener.Start();
        Endpoint = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _ = AnswerAsync();
    }

    public Uri Endpoint { get; }

    public void Dispose() => _listener.Dispose();

    private static string[] Events =>
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
    ];

    private async Task AnswerAsync()
    {
        using TcpClient client = await _listener.AcceptTcpClientAsync();
        await using NetworkStream stream = client.GetStream();
        await ReadRequestAsync(stream);
        await SendAsync(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n");
        foreach (string data in Events)
            await SendAsync(stream, Chunk($"data: {data}\n\n"));

        await SendAsync(stream, Chunk(""));
    }

    // The body's length is in its header; whoever answers before it has come risks a reset.
    private static async Task ReadRequestAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
        int length = 0;
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                length = int.Parse(line.AsSpan("Content-Length:".Length));
        }

        await reader.ReadBlockAsync(new char[length]);
    }

    private static string Chunk(string text) => $"{Encoding.UTF8.GetByteCount(text):X}\r\n{text}\r\n";

    private static ValueTask SendAsync(NetworkStream stream, string text) => stream.WriteAsync(Encoding.UTF8.GetBytes(text));
}

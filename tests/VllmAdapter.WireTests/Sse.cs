using System.Text;

namespace VllmAdapter.WireTests;

/// <summary>The pieces of a reply as they are on the wire.</summary>
internal static class Sse
{
    public const string Head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n";
    public const string Chunked = Head + "Transfer-Encoding: chunked\r\n\r\n";
    public const string LastChunk = "0\r\n\r\n";
    public const string Done = "data: [DONE]\n\n";

    public const string Usage =
        "data: {\"id\":\"1\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":4,\"total_tokens\":14}}\n\n";

    public const string CallStarts =
        "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call-1\",\"type\":\"function\","
        + "\"function\":{\"name\":\"get_weather\",\"arguments\":\"{\\\"city\\\":\"}}]}}]}\n\n";

    public const string CallEnds =
        "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\" \\\"Paris\\\"}\"}}]}}]}\n\n";

    public static string Says(string text) =>
        $"data: {{\"id\":\"1\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n";

    public static string Finishes(string reason) =>
        $"data: {{\"id\":\"1\",\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"{reason}\"}}]}}\n\n";

    /// <summary>One chunk of a chunked body.</summary>
    public static string Chunk(string text) => $"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n";

    /// <summary>Each text as a chunk of its own.</summary>
    public static string Chunks(params string[] texts) => string.Concat(texts.Select(Chunk));

    /// <summary>Headers that announce a length, and no body.</summary>
    public static string WithLength(int length) => $"{Head}Content-Length: {length}\r\n\r\n";

    public static string Reply(string status, string headers, string body) =>
        $"HTTP/1.1 {status}\r\n{headers}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";
}

using System.Net;
using System.Text;

namespace VllmAdapter.Benchmarks;

/// <summary>An answer of vLLM 0.33.0 in memory, served again and again without any work of its own.</summary>
internal sealed class CannedStream(byte[] body) : HttpMessageHandler
{
    private static readonly string[] Words = [" the", " llama", " is", " a", " do", "mest", "icated", " South", " Amer", "ican"];

    /// <summary>An answer as a model writes it.</summary>
    public static byte[] Bytes(int chunks, bool continuousUsage) => Bytes(
        Enumerable.Range(0, chunks).Select(i => Content(Word(i), continuousUsage ? i + 1 : null)));

    /// <summary>A word as a model writes it: one token.</summary>
    public static string Word(int number) => Words[number % Words.Length];

    /// <summary>An answer with these events between its first and its last ones.</summary>
    public static byte[] Bytes(IEnumerable<string> events)
    {
        string[] all = [Role, .. events, Finish, FinalUsage(20, 0), "data: [DONE]\n\n"];
        return Encoding.UTF8.GetBytes(string.Concat(all));
    }

    public static string Role => Event("""{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}""", ""","prompt_token_ids":null,"prompt_text":null""");

    public static string Finish => Event(
        """{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop","stop_reason":null,"token_ids":null,"weight_versions":null}""", Tail);

    private static string Tail => ""","kv_transfer_params":null""";

    /// <param name="json">The text, escaped as it is to be in JSON.</param>
    /// <param name="tokens">The usage so far; null for none.</param>
    /// <param name="choice">The choice that goes on.</param>
    public static string Content(string json, int? tokens = null, int choice = 0) => Event(
        $$"""{"index":{{choice}},"delta":{"content":"{{json}}"},"logprobs":null,"finish_reason":null,"token_ids":null}""",
        (tokens is { } count
            ? $$""","usage":{"prompt_tokens":20,"total_tokens":{{20 + count}},"completion_tokens":{{count}},"completion_tokens_details":null}"""
            : "") + Tail);

    /// <param name="json">The piece of arguments, escaped as it is to be in JSON.</param>
    public static string Arguments(string json) => Event(
        $$$"""{"index":0,"delta":{"content":null,"tool_calls":[{"index":0,"function":{"arguments":"{{{json}}}"}}]},"logprobs":null,"finish_reason":null,"token_ids":null}""",
        Tail);

    public static string CallBegins => Event(
        """{"index":0,"delta":{"content":null,"tool_calls":[{"id":"chatcmpl-tool-a264701101f71606","type":"function","index":0,"function":{"name":"save_text"}}]},"logprobs":null,"finish_reason":null,"token_ids":null}""",
        Tail);

    public static string FinalUsage(int prompt, int completion) => $$$"""
        data: {"id":"chatcmpl-8ad32e46bff3aa62","object":"chat.completion.chunk","created":1795646123,"model":"granite","choices":[],"usage":{"prompt_tokens":{{{prompt}}},"total_tokens":{{{prompt + completion}}},"completion_tokens":{{{completion}}},"prompt_tokens_details":{"cached_tokens":0,"created_cache_tokens":0}},"system_fingerprint":"vllm-0.33.0-1f9e3624"}


        """;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var content = new StreamContent(new MemoryStream(body, writable: false)) { Headers = { ContentType = new("text/event-stream") } };
        return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content, RequestMessage = request });
    }

    private static string Event(string choice, string tail) =>
        "data: {\"id\":\"chatcmpl-8ad32e46bff3aa62\",\"object\":\"chat.completion.chunk\",\"created\":1795646123,\"model\":\"granite\","
        + $"\"choices\":[{choice}]{tail}}}\n\n";
}

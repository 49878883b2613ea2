using System.Globalization;
using System.Net;
using System.Text;

namespace VllmAdapter.Benchmarks;

/// <summary>An answer of vLLM 0.32 in memory, served again and again without any work of its own.</summary>
internal sealed class CannedStream(byte[] body) : HttpMessageHandler
{
    private const string Envelope = "data: {{\"id\":\"chatcmpl-8423bf9e8e24d8368423bf9e8e24d836\",\"object\":\"chat.completion.chunk\",\"created\":1795354009,"
        + "\"model\":\"ibm-granite/granite-3.3-8b-instruct\",\"choices\":[{0}]{1}}}\n\n";

    private static readonly CompositeFormat Chunk = CompositeFormat.Parse(Envelope);
    private static readonly string[] Words = [" the", " llama", " is", " a", " do", "mest", "icated", " South", " Amer", "ican"];

    public static byte[] Bytes(int chunks, bool continuousUsage)
    {
        var text = new StringBuilder();
        Append(text, """{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}""", Usage(0));
        for (int i = 0; i < chunks; i++)
        {
            Append(
                text,
                $$"""{"index":0,"delta":{"content":"{{Words[i % Words.Length]}}"},"logprobs":null,"finish_reason":null,"token_ids":null}""",
                Usage(i + 1));
        }

        Append(text, """{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop","stop_reason":null,"token_ids":null}""", Usage(chunks));
        text.Append("data: [DONE]\n\n");
        return Encoding.UTF8.GetBytes(text.ToString());

        string Usage(int tokens) => continuousUsage
            ? $$""","usage":{"prompt_tokens":20,"total_tokens":{{20 + tokens}},"completion_tokens":{{tokens}},"completion_tokens_details":null}"""
            : "";
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var content = new StreamContent(new MemoryStream(body, writable: false)) { Headers = { ContentType = new("text/event-stream") } };
        return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content, RequestMessage = request });
    }

    private static void Append(StringBuilder text, string choice, string usage) =>
        text.AppendFormat(CultureInfo.InvariantCulture, Chunk, choice, usage);
}

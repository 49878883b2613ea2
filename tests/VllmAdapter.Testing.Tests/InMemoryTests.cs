using System.Net;
using System.Text;

namespace VllmAdapter.Testing.Tests;

public sealed class InMemoryTests
{
    [Fact]
    public async Task A_literal_script_is_sent_as_written_in_the_shape_of_the_newest_version()
    {
        using var vllm = FakeVllm.InMemory(
            new FakeVllmOptions { TimeProvider = new ManualTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_795_354_008)) },
            Script.Says("Hel", "lo").Finishes("stop").Uses(prompt: 10, completion: 2).Done());
        using HttpClient http = vllm.CreateHttpClient();

        using HttpResponseMessage response = await PostAsync(http, """{"model":"fake-model","stream":true,"messages":[{"role":"user","content":"Hi"}]}""");

        response.StatusCode.Should().Be(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().Should().Be("text/event-stream; charset=utf-8");
        (await response.Content.ReadAsStringAsync()).Should().Be(
            """
            data: {"id":"chatcmpl-0000000000000001","object":"chat.completion.chunk","created":1795354008,"model":"fake-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"prompt_token_ids":null,"prompt_text":null}

            data: {"id":"chatcmpl-0000000000000001","object":"chat.completion.chunk","created":1795354008,"model":"fake-model","choices":[{"index":0,"delta":{"content":"Hel"},"logprobs":null,"finish_reason":null,"token_ids":null}],"kv_transfer_params":null}

            data: {"id":"chatcmpl-0000000000000001","object":"chat.completion.chunk","created":1795354008,"model":"fake-model","choices":[{"index":0,"delta":{"content":"lo"},"logprobs":null,"finish_reason":null,"token_ids":null}],"kv_transfer_params":null}

            data: {"id":"chatcmpl-0000000000000001","object":"chat.completion.chunk","created":1795354008,"model":"fake-model","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop","stop_reason":null,"token_ids":null,"weight_versions":null}],"system_fingerprint":"vllm-0.33.0-1f9e3624","kv_transfer_params":null}

            data: {"id":"chatcmpl-0000000000000001","object":"chat.completion.chunk","created":1795354008,"model":"fake-model","choices":[],"usage":{"prompt_tokens":10,"total_tokens":12,"completion_tokens":2},"system_fingerprint":"vllm-0.33.0-1f9e3624"}

            data: [DONE]


            """);
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient http, string json) => http.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(json, Encoding.UTF8, "application/json") },
        HttpCompletionOption.ResponseHeadersRead);
}

using System.Net;
using System.Text;
using VllmAdapter.Tests.Telemetry;

namespace VllmAdapter.Tests.Streaming;

/// <summary>What a whole request costs beside its chunks: a bound, so that nobody makes it dearer without noticing.</summary>
[Collection(TelemetryCollection.Name)]
public sealed class RequestAllocationTests
{
    private const int Answers = 200;

    // The buffer through which a body that is not a socket's is read.
    private const int BufferOfABodyInMemory = 16 * 1024;

    private const string Body = """
        data: {"id":"1","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

        data: {"id":"1","choices":[{"index":0,"delta":{"content":" llama"}}]}

        data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: {"id":"1","choices":[],"usage":{"prompt_tokens":9,"total_tokens":10,"completion_tokens":1}}

        data: [DONE]


        """;

    [Fact]
    public async Task A_short_answer_costs_a_few_kilobytes_beside_its_body()
    {
        var adapter = new VllmInferenceAdapter(new HttpClient(new InMemory()), new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test"), Model = "tiny" });
        await AskAsync(adapter);

        long before = GC.GetAllocatedBytesForCurrentThread();
        await AskAsync(adapter);
        long allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / Answers;

        (allocated - BufferOfABodyInMemory).Should().BeInRange(5_000, 11_000, "nothing here waits, so all of it is on this thread");
    }

    /// <summary>A conversation goes out whole on every turn: what it costs before it is sent is its bytes, and nothing for each message beside them.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(500)]
    public void A_request_costs_the_bytes_of_its_body_and_less_than_a_kilobyte(int messages)
    {
        var adapter = new VllmInferenceAdapter(new HttpClient(new InMemory()), new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test"), Model = "tiny" });
        VllmMessage[] turns = [.. Enumerable.Range(0, messages).Select(Turn)];
        var request = new ChatRequest { Messages = turns, MaxTokens = 100, Sampling = new() { Temperature = 0.7 } };
        int body = ChatRequestBody.Build(request, "tiny", UsageReporting.Final).Utf8.Length;
        Ask();

        long before = GC.GetAllocatedBytesForCurrentThread();
        Ask();
        long allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / Answers;

        (allocated - body).Should().BeInRange(300, 950);

        static VllmMessage Turn(int number) => number % 2 == 0
            ? VllmMessage.User("What do llamas eat in the winter, when the grass is under the snow?")
            : VllmMessage.Assistant("Hay, which their owners store in the autumn, and some grain.");

        // Nothing is sent before it is enumerated.
        void Ask()
        {
            for (int i = 0; i < Answers; i++)
                _ = adapter.StreamChatAsync(request);
        }
    }

    /// <summary>.NET's connection keeps the request until the answer is over, and with it a body of any length.</summary>
    [Fact]
    public async Task An_answer_under_way_does_not_keep_the_body_of_its_request()
    {
        var server = new InMemory();
        var adapter = new VllmInferenceAdapter(new HttpClient(server), new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test"), Model = "tiny" });

        await using IAsyncEnumerator<ChatChunk> answer = adapter.StreamChatAsync("Tell me about llamas.").GetAsyncEnumerator();
        await answer.MoveNextAsync();

        server.Last!.Content.Should().BeNull();
        server.Last.Headers.Should().BeEmpty("a key may be among them");
    }

    private static async Task AskAsync(VllmInferenceAdapter adapter)
    {
        for (int i = 0; i < Answers; i++)
        {
            await foreach (ChatChunk chunk in adapter.StreamChatAsync("Tell me about llamas."))
                _ = chunk.Text;
        }
    }

    private sealed class InMemory : HttpMessageHandler
    {
        private static readonly byte[] Bytes = Encoding.UTF8.GetBytes(Body);

        public HttpRequestMessage? Last { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Last = request;
            var content = new StreamContent(new MemoryStream(Bytes, writable: false)) { Headers = { ContentType = new("text/event-stream") } };
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content, RequestMessage = request });
        }
    }
}

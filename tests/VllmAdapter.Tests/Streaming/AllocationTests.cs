using VllmAdapter.Tests.Telemetry;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Streaming;

[Collection(TelemetryCollection.Name)]
public sealed class AllocationTests
{
    private const int Chunks = 10_000;
    private const int WarmUp = 1_000;

    [Theory]
    [InlineData("", 160)]
    [InlineData(""","usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}""", 200)]
    public async Task A_chunk_costs_itself_its_text_and_its_usage(string usage, int mostBytes)
    {
        string chunk = """data: {"id":"1","choices":[{"index":0,"delta":{"content":" llama"}}]""" + usage + "}\n\n";
        string body = string.Concat(Enumerable.Repeat(chunk, Chunks));
        ChatStream stream = CannedServer.Saying(body).NewAdapter().StreamChatAsync("Tell me about llamas.");
        int thread = Environment.CurrentManagedThreadId;
        long before = 0;
        int read = 0;

        await foreach (ChatChunk one in stream)
        {
            if (++read == WarmUp)
                before = GC.GetAllocatedBytesForCurrentThread();
            else if (read == Chunks)
                break;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Environment.CurrentManagedThreadId.Should().Be(thread, "what is there already is handed out without a detour");
        (allocated / (Chunks - WarmUp)).Should().BeLessThanOrEqualTo(mostBytes);
    }
}

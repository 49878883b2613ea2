using VllmAdapter.Tests.Telemetry;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Streaming;

[Collection(TelemetryCollection.Name)]
public sealed class AllocationTests
{
    private const int Chunks = 10_000;
    private const int WarmUp = 1_000;

    /// <summary>The chunks take turns. Beside a chunk there is what gathers its text: some 12 bytes for six characters.</summary>
    public static TheoryData<string, int, string[]> Bodies => new()
    {
        { "content", 150, ["""{"id":"1","choices":[{"index":0,"delta":{"content":" llama"}}]}"""] },
        { "content with usage", 190, ["""{"id":"1","choices":[{"index":0,"delta":{"content":" llama"}}],"usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}}"""] },
        { "text with escapes", 150, ["""{"id":"1","choices":[{"index":0,"delta":{"content":"\n\"a\u00e9 b"}}]}"""] },
        { "two choices in turn", 150, ["""{"id":"1","choices":[{"index":0,"delta":{"content":" llama"}}]}""", """{"id":"1","choices":[{"index":1,"delta":{"content":" alpac"}}]}"""] },
        { "arguments of a call", 205, ["""{"id":"1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"city\""}}]}}]}"""] },
    };

    [Fact]
    public async Task A_chunk_of_a_plain_completion_costs_little_more()
    {
        string body = string.Concat(Enumerable.Repeat("data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"text\":\" llama\",\"logprobs\":null,\"finish_reason\":null}]}\n\n", Chunks));
        long before = 0;
        int read = 0;

        await foreach (TextChunk one in CannedServer.Saying(body).NewAdapter().StreamTextAsync(TextRequest.FromPrompt("Tell me about llamas.") with { MaxTokens = Chunks }))
        {
            _ = one.Text;
            if (++read == WarmUp)
                before = GC.GetAllocatedBytesForCurrentThread();
            else if (read == Chunks)
                break;
        }

        ((GC.GetAllocatedBytesForCurrentThread() - before) / (Chunks - WarmUp)).Should().BeInRange(100, 350);
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_chunk_costs_itself_and_what_it_carries(string what, int mostBytes, string[] chunks)
    {
        string turn = string.Concat(chunks.Select(chunk => $"data: {chunk}\n\n"));
        string body = string.Concat(Enumerable.Repeat(turn, Chunks / chunks.Length));
        ChatStream stream = CannedServer.Saying(body).NewAdapter().StreamChatAsync(new ChatRequest { Messages = [VllmMessage.User("Tell me about llamas.")], ChoiceCount = chunks.Length });
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
        (allocated / (Chunks - WarmUp)).Should().BeLessThanOrEqualTo(mostBytes, what);
    }
}

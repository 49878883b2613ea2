using System.Text;

namespace VllmAdapter.Tests.Wire;

/// <summary>What a chunk costs: itself (72 bytes), its text, and what more it carries. Nothing else, whatever the chunks before were.</summary>
public sealed class ChunkReaderAllocationTests
{
    private const int Rounds = 1_000;

    private const int Chunk = 72;
    private const int Usage = 32;
    private const int Call = 48;

    public static TheoryData<string, int, string[]> Bodies => new()
    {
        { "content", Chunk + Text(6), ["""{"id":"1","choices":[{"index":0,"delta":{"content":" llama"},"logprobs":null,"finish_reason":null}],"kv_transfer_params":null}"""] },
        { "content beside an error that is null", Chunk + Text(6), ["""{"id":"1","choices":[{"index":0,"delta":{"content":" llama"}}],"error":null}"""] },
        { "reasoning", Chunk + Text(6), ["""{"id":"1","choices":[{"index":0,"delta":{"reasoning":" llama"}}]}"""] },
        { "content with usage", Chunk + Text(6) + Usage, ["""{"id":"1","choices":[{"index":0,"delta":{"content":" llama"}}],"usage":{"prompt_tokens":9,"total_tokens":10,"completion_tokens":1}}"""] },
        { "text with escapes", Chunk + Text(6), ["""{"id":"1","choices":[{"index":0,"delta":{"content":"\n\"\u00e9\\ a"}}]}"""] },
        { "two choices in turn", Chunk + Text(6), ["""{"id":"1","choices":[{"index":0,"delta":{"content":" llama"}}]}""", """{"id":"1","choices":[{"index":1,"delta":{"content":" alpac"}}]}"""] },
        { "a call's arguments", Chunk + Text(6) + Call, ["""{"id":"1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":" llama"}}]}}]}"""] },
        { "a call's arguments with escapes", Chunk + Text(5) + Call, ["""{"id":"1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}}]}"""] },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_chunk_costs_itself_and_what_it_carries(string what, int bytes, string[] chunks)
    {
        byte[][] events = [.. chunks.Select(Encoding.UTF8.GetBytes)];
        var reader = new ChunkReader();
        ReadAll(reader, events);

        long before = GC.GetAllocatedBytesForCurrentThread();
        ReadAll(reader, events);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        (allocated / (Rounds * events.Length)).Should().Be(bytes, what);
    }

    private static void ReadAll(ChunkReader reader, byte[][] events)
    {
        for (int round = 0; round < Rounds; round++)
        {
            foreach (byte[] json in events)
                reader.Read(json);
        }
    }

    private static int Text(int characters) => (22 + (2 * characters) + 7) / 8 * 8;
}

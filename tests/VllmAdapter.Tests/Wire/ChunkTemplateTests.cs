using System.Text;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Tests.Wire;

/// <summary>Reading by comparison is only faster: it gives what parsing gives.</summary>
public sealed class ChunkTemplateTests
{
    public static TheoryData<string> Streams => Recording.PathsOf(recording => recording.IsStream);

    [Theory]
    [MemberData(nameof(Streams))]
    public void Recorded_chunks_read_the_same_by_comparison_and_by_parsing(string path)
    {
        var comparing = new ChunkReader();
        foreach (string data in EventsOf(path))
        {
            var parsing = new ChunkReader();
            byte[] json = Encoding.UTF8.GetBytes(data);

            comparing.Read(json).Should().Be(parsing.Read(json));

            comparing.Chunks.Select(Describe).Should().Equal(parsing.Chunks.Select(Describe));
            comparing.Usage.Should().Be(parsing.Usage);
            comparing.Error.Should().Be(parsing.Error);
        }
    }

    public static TheoryData<string, string, string> Pairs => new()
    {
        { "a longer text", """{"choices":[{"index":0,"delta":{"content":"a"}}]}""", """{"choices":[{"index":0,"delta":{"content":"much longer"}}]}""" },
        { "an empty text", """{"choices":[{"index":0,"delta":{"content":"a"}}]}""", """{"choices":[{"index":0,"delta":{"content":""}}]}""" },
        { "an escape in the text", """{"choices":[{"index":0,"delta":{"content":"a"}}]}""", """{"choices":[{"index":0,"delta":{"content":"\"}}]}"}}]}""" },
        { "a text that closes itself early", """{"choices":[{"index":0,"delta":{"content":"a"}}]}""", """{"choices":[{"index":0,"delta":{"content":"b","reasoning":"c"}}]}""" },
        { "another choice", """{"choices":[{"index":0,"delta":{"content":"a"}}]}""", """{"choices":[{"index":1,"delta":{"content":"b"}}]}""" },
        { "a finish reason", """{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}""", """{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}""" },
        { "other counts", """{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":9,"completion_tokens":1}}""", """{"choices":[{"index":0,"delta":{"content":"b"}}],"usage":{"prompt_tokens":9,"completion_tokens":12345}}""" },
        { "a count that is no integer", """{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"completion_tokens":1}}""", """{"choices":[{"index":0,"delta":{"content":"b"}}],"usage":{"completion_tokens":2.0}}""" },
        { "a count that is enormous", """{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"completion_tokens":1}}""", """{"choices":[{"index":0,"delta":{"content":"b"}}],"usage":{"completion_tokens":99999999999}}""" },
        { "a count that follows from two others", """{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"total_tokens":10,"completion_tokens":1}}""", """{"choices":[{"index":0,"delta":{"content":"b"}}],"usage":{"total_tokens":11,"completion_tokens":2}}""" },
        { "a field named twice", """{"choices":[{"index":0,"delta":{"content":"a","content":"b"}}]}""", """{"choices":[{"index":0,"delta":{"content":"c","content":"d"}}]}""" },
        { "both names of the reasoning", """{"choices":[{"index":0,"delta":{"reasoning":"a","reasoning_content":"a"}}]}""", """{"choices":[{"index":0,"delta":{"reasoning":"","reasoning_content":"a"}}]}""" },
        { "the older name of the reasoning", """{"choices":[{"index":0,"delta":{"reasoning_content":"a"}}]}""", """{"choices":[{"index":0,"delta":{"reasoning_content":"b"}}]}""" },
        { "another id", """{"id":"1","choices":[{"index":0,"delta":{"content":"a"}}]}""", """{"id":"2","choices":[{"index":0,"delta":{"content":"b"}}]}""" },
        { "an error", """{"error":null,"choices":[{"index":0,"delta":{"content":"a"}}]}""", """{"error":"boom","choices":[{"index":0,"delta":{"content":"b"}}]}""" },
        { "text that follows", """{"choices":[{"index":0,"delta":{"content":"a"}}]}""", """{"choices":[{"index":0,"delta":{"content":"b"}}]} {}""" },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_chunk_after_one_much_like_it_reads_as_if_it_stood_alone(string difference, string first, string second)
    {
        var comparing = new ChunkReader();
        var parsing = new ChunkReader();
        comparing.Read(Encoding.UTF8.GetBytes(first));
        byte[] json = Encoding.UTF8.GetBytes(second);

        comparing.Read(json).Should().Be(parsing.Read(json), difference);

        comparing.Chunks.Select(Describe).Should().Equal(parsing.Chunks.Select(Describe), difference);
        comparing.Error.Should().Be(parsing.Error, difference);
        comparing.Id.Should().Be(parsing.Id, difference);
    }

    [Fact]
    public void A_piece_of_text_like_the_one_before_is_read_by_comparison()
    {
        var template = new ChunkTemplate();
        template.Begin();
        byte[] json = """{"choices":[{"index":3,"delta":{"content":"a"}}]}"""u8.ToArray();
        template.Report(ChunkTemplate.Part.Text, Array.IndexOf(json, (byte)'a', 36), 1);
        template.Keep(json, [new ChatChunk { Choice = 3, Text = "a" }]);

        template.Read("""{"choices":[{"index":3,"delta":{"content":"llama"}}]}"""u8, out _)!.Text.Should().Be("llama");
        template.Read("""{"choices":[{"index":4,"delta":{"content":"llama"}}]}"""u8, out _).Should().BeNull();
    }

    private static IEnumerable<string> EventsOf(string path) => Encoding.UTF8.GetString(Recording.At(path).Body)
        .Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Select(block => block["data: ".Length..])
        .Where(data => data[0] == '{');

    private static string Describe(ChatChunk chunk) =>
        $"{chunk.Choice}/{chunk.HasChoice}/{chunk.Text}/{chunk.Reasoning}/{chunk.FinishReason}/{chunk.Usage}/{chunk.StopReason}/"
        + $"{string.Join(",", chunk.ToolCalls)}/{string.Join(",", chunk.TokenIds ?? [])}/{chunk.Logprobs?.Tokens.Count}";
}

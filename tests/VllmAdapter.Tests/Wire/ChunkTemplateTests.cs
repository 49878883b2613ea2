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
        comparing.Read(Encoding.UTF8.GetBytes(first));
        byte[] json = Encoding.UTF8.GetBytes(second);

        comparing.Read(json).Should().Be(parsing.Read(json), difference);

        comparing.Chunks.Select(Describe).Should().Equal(parsing.Chunks.Select(Describe), difference);
        comparing.Error.Should().Be(parsing.Error, difference);
        comparing.Id.Should().Be(parsing.Id, difference);
    }

    public static TheoryData<string, string, string> Alike => new()
    {
        { "longer text", """{"choices":[{"index":3,"delta":{"content":"a"}}]}""", """{"choices":[{"index":3,"delta":{"content":"llama"}}]}""" },
        { "text with escapes", """{"choices":[{"delta":{"content":"a"}}]}""", """{"choices":[{"delta":{"content":"\"\u00e9\n\/"}}]}""" },
        { "after text with escapes", """{"choices":[{"delta":{"content":"\n"}}]}""", """{"choices":[{"delta":{"content":"a"}}]}""" },
        { "reasoning", """{"choices":[{"delta":{"content":"","reasoning":"a"}}]}""", """{"choices":[{"delta":{"content":"","reasoning":"b"}}]}""" },
        { "from reasoning to text", """{"choices":[{"delta":{"content":"","reasoning":"a"}}]}""", """{"choices":[{"delta":{"content":"b","reasoning":""}}]}""" },
        { "an empty list of calls (vLLM 0.20.2)", """{"choices":[{"delta":{"content":"a","tool_calls":[]}}]}""", """{"choices":[{"delta":{"content":"b","tool_calls":[]}}]}""" },
        { "arguments", """{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}}]}""", """{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"x\": 1}"}}]}}]}""" },
        { "arguments with a repeated name", """{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]}}]}""", """{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"}"}}]}}]}""" },
        { "counts", """{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":9,"completion_tokens":1}}""", """{"choices":[{"delta":{"content":"b"}}],"usage":{"prompt_tokens":9,"completion_tokens":12345}}""" },
        { "an error that is null", """{"choices":[{"delta":{"content":"a"},"error":null}],"error":null}""", """{"choices":[{"delta":{"content":"b"},"error":null}],"error":null}""" },
        { "other noise", """{"kv_transfer_params":null,"x":{"y":[1]},"choices":[{"delta":{"content":"a"},"text":"","logprobs":null,"token_ids":null}]}""", """{"kv_transfer_params":null,"x":{"y":[1]},"choices":[{"delta":{"content":"b"},"text":"","logprobs":null,"token_ids":null}]}""" },
    };

    [Theory]
    [MemberData(nameof(Alike))]
    public void A_piece_like_the_one_before_is_read_by_comparison(string what, string first, string second)
    {
        var reader = new ChunkReader();
        reader.Read(Encoding.UTF8.GetBytes(first));
        reader.Read(Encoding.UTF8.GetBytes(first));
        byte[] json = Encoding.UTF8.GetBytes(second);
        var parsing = new ChunkReader();
        parsing.Read(json);

        reader.IsAlike(json).Should().BeTrue(what);

        reader.Read(json);
        reader.Chunks.Select(Describe).Should().Equal(parsing.Chunks.Select(Describe), what);
    }

    [Fact]
    public void A_piece_is_no_template_until_one_of_its_shape_follows()
    {
        var reader = new ChunkReader();
        byte[] first = """{"choices":[{"delta":{"content":"a"}}]}"""u8.ToArray();
        byte[] other = """{"choices":[{"delta":{"content":"a"}}],"x":1}"""u8.ToArray();

        reader.Read(first);
        reader.IsAlike(first).Should().BeFalse();

        reader.Read(other);
        reader.Read(first);
        reader.IsAlike(first).Should().BeFalse("they take turns");

        reader.Read("""{"choices":[{"delta":{"content":"llama"}}]}"""u8.ToArray());
        reader.IsAlike(first).Should().BeTrue();
    }

    [Fact]
    public void Each_choice_has_a_template_of_its_own()
    {
        var reader = new ChunkReader();
        for (int piece = 0; piece < 2 * 8; piece++)
            reader.Read(Piece(piece % 8));

        Enumerable.Range(0, 8).Should().OnlyContain(choice => reader.IsAlike(Piece(choice)));
    }

    [Fact]
    public void What_every_chunk_repeats_is_never_that_of_an_older_template()
    {
        Reading read = Reading.Of(Of("1", "a")).Then(Of("2", "b", choice: 1)).Then(Of("1", "c"));

        (read.Reader.Id, read.Reader.IdHasChanged).Should().Be(("1", true));

        static string Of(string id, string text, int choice = 0) =>
            $$$"""{"id":"{{{id}}}","choices":[{"index":{{{choice}}},"delta":{"content":"{{{text}}}"}}]}""";
    }

    [Fact]
    public void More_than_eight_choices_keep_no_more_templates()
    {
        var reader = new ChunkReader();
        for (int piece = 0; piece < 2 * 9; piece++)
            reader.Read(Piece(piece % 9));

        reader.IsAlike(Piece(7)).Should().BeTrue();
        reader.IsAlike(Piece(8)).Should().BeFalse();
    }

    [Fact]
    public void An_event_of_more_than_4_KiB_is_no_template()
    {
        var reader = new ChunkReader();
        byte[] large = Encoding.UTF8.GetBytes($$$"""{"x":"{{{new string('x', 5000)}}}","choices":[{"delta":{"content":"a"}}]}""");
        reader.Read(large);
        reader.Read(large);

        reader.IsAlike(large).Should().BeFalse();
    }

    private static byte[] Piece(int choice) => Encoding.UTF8.GetBytes($$$"""{"choices":[{"index":{{{choice}}},"delta":{"content":"a"}}]}""");

    private static IEnumerable<string> EventsOf(string path) => Encoding.UTF8.GetString(Recording.At(path).Body)
        .Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Select(block => block["data: ".Length..])
        .Where(data => data[0] == '{');

    private static string Describe(ChatChunk chunk) =>
        $"{chunk.ChoiceIndex}/{chunk.HasChoice}/{chunk.Text}/{chunk.Reasoning}/{chunk.FinishReason}/{chunk.Usage}/{chunk.StopReason}/"
        + $"{string.Join(",", chunk.ToolCallDeltas)}/{string.Join(",", chunk.TokenIds ?? [])}/{chunk.Logprobs?.Count}";
}

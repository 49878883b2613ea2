namespace VllmAdapter.Tests.Wire;

/// <summary>
/// A character beyond the first 65,536 is two units in JSON, and a server may write them into two chunks, or one of them not at all.
/// Pieces and texts are given one a chunk: <c>H</c> and <c>L</c> stand for the halves of 😀.
/// </summary>
public sealed class ChunkReaderHalfCharacterTests
{
    private const string High = "\\ud83d";
    private const string Low = "\\ude00";

    [Theory]
    [InlineData("in one chunk", "aHLb", "a😀b", false)]
    [InlineData("over two chunks", "aH|Lb", "a|😀b", false)]
    [InlineData("alone in two chunks", "H|L", "|😀", false)]
    [InlineData("two in a row", "H|LH|L", "|😀|😀", false)]
    [InlineData("an empty chunk between", "H||L", "||😀", false)]
    [InlineData("the first half before something else", "aH|b", "a|\ufffdb", true)]
    [InlineData("the first half twice", "H|HL", "|\ufffd😀", true)]
    [InlineData("the second half alone", "aLb", "a\ufffdb", true)]
    [InlineData("the second half at the beginning", "L", "\ufffd", true)]
    [InlineData("the first half in the middle", "aHb", "a\ufffdb", true)]
    [InlineData("the halves in the wrong order", "LH|b", "\ufffd|\ufffdb", true)]
    [InlineData("the first half at the end of the stream", "aH", "a", true)]
    public void Halves_are_joined_or_replaced(string what, string pieces, string texts, bool isLossy)
    {
        foreach (string field in (string[])["content", "reasoning", "refusal", "arguments"])
        {
            var reader = new ChunkReader();
            List<string> read = [];
            foreach (string piece in pieces.Split('|'))
                read.Add(Text(Read(reader, field, piece), field));

            string.Join('|', read).Should().Be(texts, $"{what}, {field}");
            reader.TextIsLossy.Should().Be(isLossy, $"{what}, {field}");
        }
    }

    [Theory]
    [InlineData("content")]
    [InlineData("reasoning")]
    [InlineData("refusal")]
    [InlineData("arguments")]
    public void A_half_that_waits_at_the_finish_reason_is_replaced_there(string field)
    {
        var reader = new ChunkReader();
        Read(reader, field, "aH");

        reader.Read("""{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"""u8);

        Text(reader.Chunks[0], field).Should().Be("\ufffd");
        reader.TextIsLossy.Should().BeTrue();
    }

    [Theory]
    [InlineData("content")]
    [InlineData("reasoning")]
    [InlineData("refusal")]
    [InlineData("arguments")]
    public void A_half_that_waits_at_the_end_of_the_stream_is_handed_out_replaced(string field)
    {
        var reader = new ChunkReader();
        Read(reader, field, "aH");

        reader.End();

        Text(reader.Chunks.Should().ContainSingle().Subject, field).Should().Be("\ufffd");
        reader.TextIsLossy.Should().BeTrue();
    }

    [Fact]
    public void At_the_end_of_a_stream_without_halves_nothing_is_left()
    {
        var reader = new ChunkReader();
        Read(reader, "content", "a");

        reader.End();

        reader.Chunks.Should().BeEmpty();
        reader.TextIsLossy.Should().BeFalse();
    }

    [Fact]
    public void Choices_and_parts_wait_for_halves_of_their_own()
    {
        var reader = new ChunkReader();
        Read(reader, "content", "H");
        Read(reader, "reasoning", "L").Reasoning.Should().Be("\ufffd");
        Read(reader, "content", "L", choice: 1).Text.Should().Be("\ufffd");
        Read(reader, "content", "L").Text.Should().Be("😀");
    }

    [Fact]
    public void Calls_wait_for_halves_of_their_own()
    {
        var reader = new ChunkReader();
        Read(reader, "arguments", "H");
        Read(reader, "arguments", "b", call: 1).ToolCallDeltas[0].Arguments.Should().Be("b");
        Read(reader, "arguments", "L").ToolCallDeltas[0].Arguments.Should().Be("😀");
    }

    [Fact]
    public void A_whole_message_has_no_next_piece() =>
        Reading.OfChoice("""  "message": {"content": "a\ud83d"} """).Chunk.Text.Should().Be("a\ufffd");

    [Theory]
    [InlineData("""  "delta": {"tool_calls": [{"id": "\ud83d", "function": {"name": "\ud83d"}}]} """)]
    [InlineData("""  "finish_reason": "\ud83d", "stop_reason": "\ud83d" """)]
    public void No_half_leaves_in_names_and_words(string fields)
    {
        ChatChunk chunk = Reading.OfChoice(fields).Chunk;

        string.Concat(chunk.FinishReason?.Value, chunk.StopReason, string.Concat(chunk.ToolCallDeltas.Select(call => call.Id + call.Name)))
            .Should().Be("\ufffd\ufffd");
    }

    [Theory]
    [InlineData("""\ud83d\n\t\r\b\f\/\\\"\u0041é""", "\ufffd\n\t\r\b\f/\\\"Aé")]
    [InlineData("""\u00E9\u00e9""", "éé")]
    public void Text_next_to_half_a_character_is_not_lost(string escaped, string text) =>
        Reading.OfDelta($"\"content\": \"{escaped}\"").Chunk.Text.Should().Be(text);

    private static ChatChunk Read(ChunkReader reader, string field, string piece, int choice = 0, int call = 0)
    {
        string text = piece.Replace("H", High, StringComparison.Ordinal).Replace("L", Low, StringComparison.Ordinal);
        string delta = field == "arguments"
            ? $$$"""{"tool_calls":[{"index":{{{call}}},"function":{"arguments":"{{{text}}}"}}]}"""
            : $$"""{"{{field}}":"{{text}}"}""";
        reader.Read(System.Text.Encoding.UTF8.GetBytes($$"""{"choices":[{"index":{{choice}},"delta":{{delta}}}]}"""));
        return reader.Chunks[0];
    }

    private static string Text(ChatChunk chunk, string field) => field switch
    {
        "content" => chunk.Text,
        "reasoning" => chunk.Reasoning,
        "refusal" => chunk.Refusal,
        _ => string.Concat(chunk.ToolCallDeltas.Select(call => call.Arguments)),
    };
}

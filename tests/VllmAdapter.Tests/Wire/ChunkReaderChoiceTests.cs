using System.Text;

namespace VllmAdapter.Tests.Wire;

/// <summary>Choice indexes that count something else, and deltas that repeat all before them.</summary>
public sealed class ChunkReaderChoiceTests
{
    [Theory]
    [InlineData("tokens, from 1 (huggingface/text-generation-inference#1648)", 1, "1 2 3", "0 0 0", 3)]
    [InlineData("calls (BerriAI/litellm#9242)", 1, "0 1 0", "0 0 0", 2)]
    [InlineData("one choice", 1, "0 0", "0 0", 1)]
    [InlineData("one choice, from 1", 1, "1 1", "0 0", 1)]
    [InlineData("no answer asked for", 0, "0 1", "0 0", 2)]
    [InlineData("two choices, as asked for", 2, "0 1 0 1", "0 1 0 1", 2)]
    [InlineData("more choices than asked for", 2, "0 1 2", "0 1 2", 3)]
    [InlineData("two side by side where one was asked for", 1, "0+1 1 0", "0+1 1 0", 2)]
    [InlineData("one index twice side by side", 1, "1+1", "0+0", 1)]
    public void Where_one_answer_was_asked_for_every_index_is_that_of_the_first(string what, int asked, string indexes, string choices, int seen)
    {
        var reader = new ChunkReader(asked);
        List<string> read = [];
        foreach (string together in indexes.Split(' '))
        {
            string pieces = string.Join(',', together.Split('+').Select(index => $$$"""{"index":{{{index}}},"delta":{"content":"a"}}"""));
            reader.Read(Encoding.UTF8.GetBytes($$"""{"choices":[{{pieces}}]}"""));
            read.Add(string.Join('+', reader.Chunks.Select(chunk => chunk.ChoiceIndex)));
        }

        string.Join(' ', read).Should().Be(choices, what);
        reader.ChoiceIndexesSeen.Should().Be(seen, what);
    }

    [Fact]
    public void No_choice_means_no_index() => Reading.Of("""{"choices": []}""").Reader.ChoiceIndexesSeen.Should().Be(0);

    [Fact]
    public void An_error_of_a_folded_choice_belongs_to_the_first()
    {
        var reader = new ChunkReader(1);
        reader.Read("""{"choices":[{"index":1,"error":"boom"}]}"""u8);

        reader.ChoiceErrors.Should().ContainSingle().Which.Choice.Should().Be(0);
    }

    [Fact]
    public void A_hundred_thousand_indexes_are_read_in_one_pass()
    {
        var reader = new ChunkReader(100_000);
        string choices = string.Join(',', Enumerable.Range(0, 100_000).Select(i => $$"""{"index":{{i}},"delta":{"content":"a\ud83d"} }"""));
        string ends = string.Join(',', Enumerable.Range(0, 100_000).Select(i => $$"""{"index":{{i}},"finish_reason":"stop"}"""));
        reader.Read(Encoding.UTF8.GetBytes($$"""{"choices":[{{choices}}]}"""));
        reader.Read(Encoding.UTF8.GetBytes($$"""{"choices":[{{ends}}]}"""));

        reader.Chunks.Should().HaveCount(100_000).And.OnlyContain(chunk => chunk.Text == "\ufffd");
        reader.ChoiceIndexesSeen.Should().BeGreaterThanOrEqualTo(1_000);
    }

    [Theory]
    [InlineData("The|The cat|The cat sat", true)] // QwenLM/qwen-code#3896
    [InlineData("|The|The cat||The cat sat|The cat sat", true)]
    [InlineData("The|The cat", false)]
    [InlineData("The|The|The", false)]
    [InlineData("The|The cat|The cat sat| down.", false)]
    [InlineData("The| cat| sat", false)]
    [InlineData("a|ab|b|abcd", false)]
    [InlineData("", false)]
    public void Deltas_that_repeat_all_before_them_are_noticed(string pieces, bool looksCumulative)
    {
        foreach (string field in (string[])["content", "reasoning"])
        {
            var reader = new ChunkReader();
            foreach (string piece in pieces.Split('|'))
                reader.Read(Encoding.UTF8.GetBytes($$$"""{"choices":[{"index":0,"delta":{"{{{field}}}":"{{{piece}}}"}}]}"""));

            reader.LooksCumulative.Should().Be(looksCumulative, field);
        }
    }

    [Fact]
    public void Deltas_are_compared_within_their_choice()
    {
        Reading read = Reading.OfChoice("""  "index": 0, "delta": {"content": "a"} """)
            .Then("""{"choices": [{"index": 1, "delta": {"content": "ab"}}]}""")
            .Then("""{"choices": [{"index": 0, "delta": {"content": "abc"}}]}""");

        read.Reader.LooksCumulative.Should().BeFalse();
    }
}

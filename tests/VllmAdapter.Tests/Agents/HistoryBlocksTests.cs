namespace VllmAdapter.Tests.Agents;

public sealed class HistoryBlocksTests
{
    // S system, D developer, U user, A assistant, C assistant that calls, T tool; Q is the user's message that the run is about.
    [Theory]
    [InlineData("Q", "")]
    [InlineData("SQ", "")]
    [InlineData("SUAQ", "UA")]
    [InlineData("SUAUAQ", "UA UA")]
    [InlineData("SUCTAUAQ", "UCTA UA")]
    [InlineData("SQCT", "")]
    [InlineData("SQCTCT", "CT")]
    [InlineData("SQCTTCTCT", "CTT CT")]
    [InlineData("SUAQCTCT", "UA CT")]
    [InlineData("SAQ", "A")]
    [InlineData("SUUAQ", "UUA")]
    [InlineData("SUAUQCT", "UA")]
    [InlineData("SUASUAQ", "UA UA")]
    [InlineData("DUAQA", "UA")]
    [InlineData("SQAUCT", "")]
    [InlineData("SQAUAUCT", "AU")]
    [InlineData("SQCTAUCTCT", "CT CT")]
    [InlineData("CTCTCT", "CT CT")]
    [InlineData("", "")]
    public void Calls_stay_with_their_results_and_answers_with_their_questions(string history, string removable)
    {
        IReadOnlyList<VllmMessage> messages = [.. history.Select(MessageOf)];

        IReadOnlyList<IReadOnlyList<int>> blocks = HistoryBlocks.Removable(messages, history.IndexOf('Q', StringComparison.Ordinal));

        string.Join(' ', blocks.Select(block => string.Concat(block.Select(at => history[at])))).Should().Be(removable);
        blocks.SelectMany(block => block).Should().OnlyHaveUniqueItems().And.BeInAscendingOrder();
    }

    [Fact]
    public void A_longer_message_weighs_more_and_a_picture_more_than_a_word()
    {
        long word = HistoryBlocks.WeightOf(VllmMessage.User("word"));

        HistoryBlocks.WeightOf(VllmMessage.User("word word")).Should().BeGreaterThan(word);
        HistoryBlocks.WeightOf(VllmMessage.User("word", ContentPart.Image(new byte[] { 1 }, "image/png"))).Should().BeGreaterThan(word + 1000);
        HistoryBlocks.WeightOf(VllmMessage.Assistant(null, new ToolCall("1", "x", """{"a": 1}"""))).Should().BeGreaterThan(20);
    }

    private static VllmMessage MessageOf(char kind) => kind switch
    {
        'S' => VllmMessage.System("s"),
        'D' => VllmMessage.Developer("d"),
        'U' or 'Q' => VllmMessage.User("u"),
        'A' => VllmMessage.Assistant("a"),
        'C' => VllmMessage.Assistant(null, new ToolCall("1", "x", "{}")),
        _ => VllmMessage.Tool("1", "t"),
    };
}

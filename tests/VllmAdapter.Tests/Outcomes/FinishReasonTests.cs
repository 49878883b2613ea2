namespace VllmAdapter.Tests.Outcomes;

public sealed class FinishReasonTests
{
    [Theory]
    [InlineData("stop")]
    [InlineData("preempted")]
    public void A_reason_is_its_word(string word) => new FinishReason(word).ToString().Should().Be(word);

    [Fact]
    public void Reasons_are_equal_if_their_words_are() => new FinishReason("stop").Should().Be(FinishReason.Stop).And.NotBe(new FinishReason("Stop"));

    [Fact]
    public void No_reason_has_no_word() => default(FinishReason).ToString().Should().BeEmpty();
}

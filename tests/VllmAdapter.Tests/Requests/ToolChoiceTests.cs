namespace VllmAdapter.Tests.Requests;

public class ToolChoiceTests
{
    [Fact]
    public void Choices_are_compared_by_value()
    {
        ToolChoice.Named("roll").Should().Be(ToolChoice.Named("roll")).And.NotBe(ToolChoice.Named("other"));
        ToolChoice.Auto.Should().Be(new ToolChoice("auto")).And.NotBe(ToolChoice.Required);
        ToolChoice.Named("auto").Should().NotBe(ToolChoice.Auto);
    }

    [Fact]
    public void A_choice_reads_as_its_word_or_its_tool()
    {
        ToolChoice.None.ToString().Should().Be("none");
        ToolChoice.Named("roll").ToString().Should().Be("roll");
        ToolChoice.Named("roll").Value.Should().Be("function");
        default(ToolChoice).ToString().Should().BeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void A_choice_without_a_name_is_refused(string name)
    {
        FluentActions.Invoking(() => ToolChoice.Named(name)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => new ToolChoice(name)).Should().Throw<ArgumentException>();
    }
}

namespace VllmAdapter.Extensions.AI.Tests;

public sealed class ShownTextTests
{
    [Theory]
    [InlineData("", "I will look.", "I will look.")]
    [InlineData("I will look.", "I will look.", "")]
    [InlineData("I will look.", "I will look. It rains.", " It rains.")]
    [InlineData("I will look.", "I| will| look.| It rains.", " It rains.")]
    [InlineData("I will look.", "I will l|ook. It| rains.", " It rains.")]
    [InlineData("I will look.\n", "I will look.", "")]
    [InlineData("I will look.", "It rains.", "It rains.")]
    [InlineData("I will look.", "I| will| see.", "I will see.")]
    [InlineData("I will look.", "I will see.| I will look.", "I will see. I will look.")]
    public void What_was_handed_out_is_not_handed_out_again(string shown, string pieces, string handedOut)
    {
        var text = new ShownText();
        text.Follow(shown);

        string.Concat(pieces.Split('|').Select(text.New)).Should().Be(handedOut);
    }
}

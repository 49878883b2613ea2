namespace VllmAdapter.Tool.Tests;

public sealed class ToolAppTests
{
    [Theory]
    [InlineData("nonsense")]
    [InlineData("explain")]
    [InlineData("explain", "a", "b")]
    public async Task A_command_line_that_cannot_be_read_is_told_in_a_sentence_with_code_2(params string[] args)
    {
        ToolRun run = await ToolRun.OfAsync(args);

        run.Code.Should().Be(2);
        run.Out.Should().BeEmpty();
        run.Error.Should().Contain("See vllm-adapter --help.").And.NotContain("   at ");
    }

    [Theory]
    [InlineData("--help")]
    [InlineData]
    public async Task Help_names_every_command(params string[] args)
    {
        ToolRun run = await ToolRun.OfAsync(args);

        run.Code.Should().Be(0);
        run.Out.Should().ContainAll("check", "explain", "record", "fake");
    }
}

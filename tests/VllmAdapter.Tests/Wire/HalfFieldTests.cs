namespace VllmAdapter.Tests.Wire;

/// <summary>The beginning of a field is one only where the body ends in it; a line that is over says all that it has to say.</summary>
public sealed class HalfFieldTests
{
    private const string Chunk = "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n";

    [Theory]
    [InlineData("dat", true, StreamVerdict.Interrupted)]
    [InlineData("dat", false, StreamVerdict.Interrupted)]
    [InlineData("even", true, StreamVerdict.Interrupted)]
    [InlineData("data", true, StreamVerdict.Interrupted)]
    [InlineData("data:", true, StreamVerdict.Interrupted)]
    [InlineData("dat\n", false, StreamVerdict.Malformed)]
    [InlineData("dat\n\n", false, StreamVerdict.Malformed)]
    [InlineData("datum", false, StreamVerdict.Malformed)]
    [InlineData("dat: x\n\n", false, StreamVerdict.Malformed)]
    public async Task A_line_that_came_whole_is_a_field_or_foreign_text(string line, bool breaks, StreamVerdict verdict)
    {
        Played played = await Played.RunAsync(CannedServer.Saying(Chunk + line, breaks ? BodyEnding.Broken : BodyEnding.Clean), ChatRequest.FromPrompt("Hello."));

        played.Outcome.Verdict.Should().Be(verdict, played.Outcome.Explain());
        played.Text.Should().Be("Hi");
    }
}

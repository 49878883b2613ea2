using System.Text.Json.Nodes;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Tests.Agents;

public sealed class LoopRecordedTests
{
    public static TheoryData<string> Recordings => ToolRecordings.Paths;

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Of_a_recorded_turn_exactly_the_ready_calls_without_problems_are_run(string path)
    {
        Recording recording = Recording.At(path);
        ChatRequest request = recording.Request();
        List<string> ran = [];
        var loop = new ToolLoop(ToolRecordings.ThenAnswering(recording).NewAdapter(), request.Tools.Select(tool => Recorder(tool, ran)));
        if (request.ChoiceCount > 1)
        {
            // A loop follows one answer; here it gets more than it asked for.
            request = request with { ChoiceCount = null };
        }

        ToolLoopResult result = await loop.CompleteAsync(request);

        // Two answers where one was asked for cannot always be told apart; nothing is run then that must not be.
        if (recording.Request().ChoiceCount > 1)
            ran.Should().BeSubsetOf(ToolRecordings.MayBeRun(recording), result.Explain());
        else
            ran.Should().BeEquivalentTo(ToolRecordings.MayBeRun(recording), result.Explain());

        result.Calls.Count(call => call.WasRun).Should().Be(ran.Count);
    }

    [Fact]
    public void There_are_recordings_with_and_without_calls_to_run()
    {
        var counts = ToolRecordings.All.Select(recording => ToolRecordings.MayBeRun(recording).Count()).ToList();

        (counts.Count(count => count > 0), counts.Count(count => count == 0)).Should().Be((128, 211));
    }

    private static Tool Recorder(ToolDefinition tool, List<string> ran) => new(tool, (call, _) =>
    {
        lock (ran)
            ran.Add(ToolRecordings.Said(call.Name, JsonNode.Parse(call.Arguments)!));

        return Task.FromResult("ok");
    });
}

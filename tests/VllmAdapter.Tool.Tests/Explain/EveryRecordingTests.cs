using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Tests.Explain;

/// <summary>
/// The recordings that come with the tests, more than a thousand of them, are explained: every 13th by default, with the environment
/// variable VLLMADAPTER_FULL_SWEEP=1 all of them.
/// </summary>
[Trait("Sweep", "full")]
public sealed class EveryRecordingTests
{
    [Fact]
    public async Task Every_event_of_a_recorded_answer_is_in_the_timeline_and_no_whole_answer_lacks_its_end()
    {
        int explained = 0;
        string[] files = [.. Sweep.Of(RecordingFiles.All.Order(StringComparer.Ordinal), every: 13)];
        foreach (string file in files)
        {
            if (RecordedExchange.Load(file).Request is not { Method: "POST" } asked || !asked.Path.EndsWith("/chat/completions", StringComparison.Ordinal))
                continue;

            ToolRun run = await ToolRun.OfAsync(["explain", file, "--json"]);
            run.Code.Should().BeOneOf([0, 1], "{0} is a recording: {1}", file, run.Error);
            JsonObject told = JsonNode.Parse(run.Out)!.AsObject();

            JsonNode[] timeline = [.. told["timeline"]!.AsArray().Select(entry => entry!)];
            timeline[^1]["kind"]!.GetValue<string>().Should().Be("End");
            int[] inLines = [.. timeline[..^1].SelectMany(entry => Enumerable.Range(First(entry), Last(entry) - First(entry) + 1)).Distinct().Order()];
            inLines.Should().Equal(Enumerable.Range(1, Events(told)), "{0} has so many events", file);

            bool isFine = told["is_whole"]?.GetValue<bool>() == true && told["must_not_run"]!.AsArray().Count == 0;
            isFine.Should().Be(run.Code == 0 && told["verdict"]!.GetValue<string>() == "Completed", "{0} says one thing", file);
            explained++;
        }

        explained.Should().BeGreaterThan(files.Length * 6 / 10);
    }

    private static int First(JsonNode entry) => entry["first_event"]!.GetValue<int>();

    private static int Last(JsonNode entry) => entry["last_event"]!.GetValue<int>();

    private static int Events(JsonObject told) => told["outcome"]?["evidence"]?["events"]?.GetValue<int>() ?? 0;
}

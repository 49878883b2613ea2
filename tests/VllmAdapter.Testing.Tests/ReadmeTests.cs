using System.Text.RegularExpressions;

namespace VllmAdapter.Testing.Tests;

/// <summary>The tests that the readme shows, run as they stand there.</summary>
public sealed class ReadmeTests
{
    // <flaky>
    [Fact]
    public async Task Half_a_call_is_never_run()
    {
        using var vllm = FakeVllm.InMemory(Script.Calls("get_weather", "{\"city\":", " \"Par").Cuts());

        var broken = await Assert.ThrowsAsync<IncompleteStreamException>(
            () => vllm.CreateAdapter().CompleteChatAsync("Do I need an umbrella?"));

        broken.Must().BeInterrupted().WithoutReadyCalls().WithWithheldCall("get_weather", WithheldReason.StreamBroken);
    }
    // </flaky>

    // <chain>
    [Fact]
    public async Task My_handler_keeps_every_promise()
    {
        foreach (Scenario scenario in Scenarios.All)
        {
            ScenarioResult result = await scenario.RunAsync(ScenarioTransports.InMemory, inner => new MyHandler { InnerHandler = inner });
            result.EnsureAsExpected();
        }
    }
    // </chain>

    // <agent>
    [Fact]
    public async Task My_agent_runs_the_call_that_nobody_confirmed()
    {
        using var vllm = FakeVllm.InMemory(
            Script.Replays(RecordedStreams.StoryWithoutFinishReason),
            Script.Says("Your number is 4.").Finishes("stop").Uses(30, 6).Done());
        var loop = new ToolLoop(vllm.CreateAdapter(), [Tool.From("get_random_number", "A random number.", () => "4")]);

        ToolLoopResult result = await loop.CompleteAsync(ChatRequest.FromPrompt("Give me a random number, please."));

        Assert.Equal("Your number is 4.", result.Text);
        Assert.Equal(2, vllm.Requests.Count);
    }
    // </agent>

    [Theory]
    [InlineData("flaky", 10)]
    [InlineData("chain", 10)]
    [InlineData("agent", 14)]
    public void The_readme_shows_this_very_code(string snippet, int mostLines)
    {
        string tests = File.ReadAllText(FromRoot("tests", "VllmAdapter.Testing.Tests", "ReadmeTests.cs"));
        string code = Regex.Match(tests, $"// <{snippet}>\n(.*?)\n *// </{snippet}>", RegexOptions.Singleline).Groups[1].Value;
        string shown = Regex.Replace(code, "^    ", "", RegexOptions.Multiline);

        shown.Split('\n').Length.Should().BeInRange(5, mostLines);
        File.ReadAllText(FromRoot("src", "VllmAdapter.Testing", "README.md")).Should().Contain($"```csharp\n{shown}\n```");
    }

    private static string FromRoot(params string[] path)
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "VllmAdapter.sln")))
            root = Path.GetDirectoryName(root)!;
        return Path.Combine([root, .. path]);
    }

    private sealed class MyHandler : DelegatingHandler;
}

using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

public sealed class ScenarioFindingTests
{
    [Fact]
    public async Task Dump()
    {
        var lines = new List<string>();
        foreach (Scenario scenario in Scenarios.All)
        {
            ScenarioResult result = await scenario.RunAsync();
            string[] ids = result.Answer is { } answer
                ? [.. EndFindings.Of(scenario.Request, answer).Select(f => f.Kind.Id).Distinct()]
                : [result.Thrown is VllmRequestException e ? "refused:" + e.Failure + ":" + RefusalFindings.Of(e)?.Id : result.Thrown!.GetType().Name];
            lines.Add($"{scenario.Name} | {scenario.Expected.Verdict} | {string.Join(", ", ids)}");
        }
        File.WriteAllLines("/tmp/g-scen.txt", lines);
    }
}

using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

/// <summary>Every way in which an answer is known to end shows its fault by name, and no other (scenario-findings.txt).</summary>
public sealed class ScenarioFindingTests
{
    [Fact]
    public async Task Every_scenario_shows_its_faults_and_no_other()
    {
        List<string> found = [];
        foreach (Scenario scenario in Scenarios.All)
        {
            ScenarioResult result = await scenario.RunAsync();
            if (FindingTable.Line(scenario.Name, IdsOf(result)) is { } line)
                found.Add(line);
        }

        found.Should().Equal(FindingTable.Read("scenario-findings.txt"));
    }

    private static IEnumerable<string> IdsOf(ScenarioResult result) => result switch
    {
        { Answer: { } answer } => EndFindings.Of(result.Scenario.Request, answer).Select(found => found.Kind.Id),
        { Thrown: VllmRequestException refused } => RefusalFindings.Of(refused) is { } kind ? [kind.Id] : [],
        _ => [$"thrown: {result.Thrown}"],
    };
}

using Spectre.Console;

namespace VllmAdapter.Tool.Fake;

/// <summary>Prints the scenarios for people.</summary>
internal static class ScenarioTable
{
    public static void Write(IAnsiConsole console, IReadOnlyList<Scenario> scenarios)
    {
        Table table = new Table().Border(TableBorder.Simple)
            .AddColumn(new TableColumn("scenario").NoWrap()).AddColumn("must end as").AddColumn("calls to run, not to run").AddColumn("seen in");
        foreach (Scenario scenario in scenarios)
        {
            ExpectedEnd end = scenario.Expected;
            table.AddRow(
                new Text(scenario.Id),
                new Text(end.Verdict?.ToString() ?? $"refused: {end.Failure}", end.Throws || end.Failure is not null ? new Style(Color.Red) : Style.Plain),
                new Text(end.ReadyCalls.Count + end.Withheld.Count == 0 ? "" : $"{end.ReadyCalls.Count}, {end.Withheld.Count}"),
                new Text(string.Join(", ", scenario.Sources)));
        }

        console.Write(table);
        console.WriteLine($"{scenarios.Count} scenarios.");
    }
}

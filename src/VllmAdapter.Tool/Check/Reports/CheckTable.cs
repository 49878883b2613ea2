using System.Globalization;
using Spectre.Console;
using VllmAdapter.Tool.Explain;

namespace VllmAdapter.Tool.Check;

/// <summary>The report for a person at a terminal: what was found, worst first, then what was not determined.</summary>
internal static class CheckTable
{
    private const int MostEvidence = 2;
    private const int MostOfAPiece = 200;

    public static void Write(IAnsiConsole console, CheckReport report)
    {
        console.MarkupLine(Head(report));
        console.WriteLine();
        if (report.Findings.Count > 0)
            console.Write(Findings(report));
        else
            console.MarkupLine("[green]Nothing was found.[/]");

        WriteUntold(console, report);
        console.WriteLine();
        console.MarkupLine(Sum(report));
        if (report.EndedEarly is { } why)
            console.MarkupLine($"[red]{why.EscapeMarkup()}[/]");
    }

    private static string Head(CheckReport report)
    {
        string version = report.Version is null ? "A server that does not report its version" : $"vLLM {Wording.OneLine(report.Version)}";
        string model = report.Model is null ? "" : $", {Wording.OneLine(report.Model)}";
        string window = report.ContextWindow is { } tokens ? string.Create(CultureInfo.InvariantCulture, $", a window of {tokens:N0} tokens") : "";
        return $"[bold]{(version + model + window).EscapeMarkup()}[/] at {report.Endpoint.EscapeMarkup()}";
    }

    private static Table Findings(CheckReport report)
    {
        Table table = new Table().Border(TableBorder.Rounded).ShowRowSeparators()
            .AddColumn(new TableColumn("").NoWrap())
            .AddColumn("Finding, and what it means for an agent")
            .AddColumn("Evidence, and what helps");
        foreach (Finding finding in report.Findings)
        {
            FindingKind kind = finding.Kind;
            table.AddRow(
                new Markup(Word(kind.Severity)),
                new Markup($"[bold]{kind.Title.EscapeMarkup()}[/]\n[dim]{kind.Id}[/]\n{kind.Meaning.EscapeMarkup()}"),
                new Markup($"{string.Join('\n', Shown(finding)).EscapeMarkup()}\n[italic]{kind.Help.EscapeMarkup()}[/]"));
        }

        return table;
    }

    private static IEnumerable<string> Shown(Finding finding)
    {
        // One piece a probe; the files have them all.
        Evidence[] shown = [.. finding.Evidence.DistinctBy(piece => piece.Probe, StringComparer.Ordinal).Take(MostEvidence)];
        foreach (Evidence piece in shown)
            yield return $"{piece.Probe}: {Wording.OneLine(piece.Text, MostOfAPiece)}";
        if (finding.Evidence.Count > shown.Length)
            yield return $"and {finding.Evidence.Count - shown.Length} more";
    }

    private static void WriteUntold(IAnsiConsole console, CheckReport report)
    {
        (string Name, string Why)[] untold = [.. report.Probes.SelectMany(probe => probe.Untold.Select(why => (probe.Name, why)))];
        if (untold.Length == 0)
            return;

        console.WriteLine();
        console.MarkupLine("[bold]Not determined[/]");
        foreach ((string name, string why) in untold)
            console.MarkupLine($"  [dim]{name.EscapeMarkup()}[/]: {why.EscapeMarkup()}");
    }

    private static string Sum(CheckReport report)
    {
        int faults = report.Findings.Count(finding => finding.Kind.Severity == Severity.Fault);
        int warnings = report.Findings.Count(finding => finding.Kind.Severity == Severity.Warning);
        int notes = report.Findings.Count - faults - warnings;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Wording.Count(report.Probes.Count, "probe")}: [red]{Wording.Count(faults, "fault")}[/], [yellow]{Wording.Count(warnings, "warning")}[/], {Wording.Count(notes, "note")}; {ReportWords.Cost(report)}.");
    }

    private static string Word(Severity severity) => severity switch
    {
        Severity.Fault => "[red bold]fault[/]",
        Severity.Warning => "[yellow]warning[/]",
        _ => "[deepskyblue1]info[/]",
    };
}

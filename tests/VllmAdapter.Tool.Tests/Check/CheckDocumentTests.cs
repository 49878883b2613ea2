using System.Text;
using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

/// <summary>docs/check.md lists what the code has: every probe with its cost, every finding by name.</summary>
public sealed class CheckDocumentTests
{
    [Fact]
    public void The_document_lists_every_probe() => ShouldHold("probes", Probes());

    [Fact]
    public void The_document_lists_every_finding() => ShouldHold("findings", Findings());

    private static string Probes()
    {
        var table = new StringBuilder("| probe | what it asks | answers | tokens at most | quick |\n|---|---|---:|---:|---|\n");
        foreach (IProbe probe in AllProbes.Full)
        {
            string quick = AllProbes.Quick.Contains(probe) ? "yes" : "";
            table.Append(System.Globalization.CultureInfo.InvariantCulture, $"| `{probe.Name}` | {probe.Asks} | {probe.Cost.Answers} | {probe.Cost.GeneratedTokens} | {quick} |\n");
        }

        return table.Append($"\n{ReportWords.Plan(AllProbes.Full)} With `--quick`: {ReportWords.Plan(AllProbes.Quick)}\n").ToString();
    }

    private static string Findings()
    {
        var text = new StringBuilder();
        foreach (IGrouping<Severity, FindingKind> group in FindingKinds.All.GroupBy(kind => kind.Severity))
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"### {Heading(group.Key)}\n\n| finding | what it means for an agent | what helps |\n|---|---|---|\n");
            foreach (FindingKind kind in group)
                text.Append(System.Globalization.CultureInfo.InvariantCulture, $"| `{kind.Id}` {Cell(kind.Title)} | {Cell(kind.Meaning)} | {Cell(kind.Help)} |\n");
            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Heading(Severity severity) => severity switch
    {
        Severity.Fault => "Faults: answers or calls are lost, or taken for what they are not",
        Severity.Warning => "Warnings: careful clients cope, careless ones do not",
        _ => "Worth knowing",
    };

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);

    private static void ShouldHold(string part, string content)
    {
        string begin = $"<!-- {part}: made by CheckDocumentTests -->\n";
        string end = $"<!-- end of {part} -->";
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs/check.md")).ReplaceLineEndings("\n");
        int from = page.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        int to = page.IndexOf(end, StringComparison.Ordinal);
        Repository.ShouldHold("docs/check.md", $"{page[..from]}{content}{page[to..]}");
    }
}

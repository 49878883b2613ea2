using System.Globalization;
using System.Text;

namespace VllmAdapter.Tool.Check;

/// <summary>The report as a page that can be sent to whoever runs the server.</summary>
internal static class CheckMarkdown
{
    public static string Of(CheckReport report)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"# What vllm-adapter check found at {Plain(report.Endpoint)}\n\n");
        page.Append("| | |\n|---|---|\n");
        Row("Server", report.Version is null ? "does not report its version" : $"vLLM {report.Version}");
        Row("Model", report.Model ?? "chosen by the server");
        Row("Context window", report.ContextWindow is { } window ? window.ToString("N0", CultureInfo.InvariantCulture) : "not reported");
        Row("When", string.Create(CultureInfo.InvariantCulture, $"{report.At:yyyy-MM-dd HH:mm} UTC, {report.Took.TotalSeconds:0.0} s"));
        Row("Cost", ReportWords.Cost(report));
        page.Append('\n');
        if (report.EndedEarly is { } why)
            page.Append(CultureInfo.InvariantCulture, $"**{Plain(why)}**\n\n");

        page.Append("## Findings\n\n");
        if (report.Findings.Count == 0)
            page.Append("None.\n\n");
        foreach (Finding finding in report.Findings)
            Write(page, finding);

        page.Append("## Probes\n\n| probe | asks | result |\n|---|---|---|\n");
        foreach (ProbeResult probe in report.Probes)
            page.Append(CultureInfo.InvariantCulture, $"| `{probe.Name}` | {Plain(probe.Asks)} | {Plain(Result(probe))} |\n");
        return page.ToString();

        void Row(string name, string value) => page.Append(CultureInfo.InvariantCulture, $"| {name} | {Plain(value)} |\n");
    }

    private static void Write(StringBuilder page, Finding finding)
    {
        FindingKind kind = finding.Kind;
        page.Append(CultureInfo.InvariantCulture, $"### {kind.Title} ({ReportWords.Of(kind.Severity)}, `{kind.Id}`)\n\n");
        page.Append(CultureInfo.InvariantCulture, $"{Plain(kind.Meaning)}\n\n");
        foreach (Evidence piece in finding.Evidence)
        {
            string id = piece.RequestId is null ? "" : $" (request id `{piece.RequestId.Replace("`", "", StringComparison.Ordinal)}`)";
            page.Append(CultureInfo.InvariantCulture, $"- `{piece.Probe}`: {Plain(piece.Text)}{id}\n");
        }

        page.Append(CultureInfo.InvariantCulture, $"\n{Plain(kind.Help)}\n\n");
    }

    private static string Result(ProbeResult probe) => string.Join(' ', (IEnumerable<string>)
    [
        probe.Worst is { } worst ? $"{ReportWords.Of(worst)}." : probe.Untold.Count > 0 ? "not determined." : "nothing found.",
        .. probe.Untold,
        .. probe.Facts,
    ]);

    // What a server says must not become markup of the page.
    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (char c in text.ReplaceLineEndings(" "))
        {
            if (c is '\\' or '`' or '*' or '_' or '[' or ']' or '<' or '>' or '|' or '#')
                plain.Append('\\');
            plain.Append(c);
        }

        return plain.ToString();
    }
}

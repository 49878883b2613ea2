using System.Globalization;

namespace VllmAdapter.Tool.Check;

/// <summary>Words that all reports have in common.</summary>
internal static class ReportWords
{
    /// <summary>What the probes may cost, before they are asked.</summary>
    public static string Plan(IReadOnlyList<IProbe> probes)
    {
        ProbeCost most = probes.Aggregate(ProbeCost.Nothing, (sum, probe) => sum + probe.Cost);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{probes.Count} probes, one at a time: at most {most.Answers} answers and {most.GeneratedTokens:N0} generated tokens, about {most.PromptTokens:N0} tokens of prompts.");
    }

    /// <summary>What was spent.</summary>
    public static string Cost(CheckReport report)
    {
        string uncounted = report.Uncounted > 0 ? $", and those of {report.Uncounted} answers that nobody counted" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Spent.PromptTokens:N0} + {report.Spent.CompletionTokens:N0} tokens spent{uncounted}");
    }

    public static string Of(Severity severity) => severity switch
    {
        Severity.Fault => "fault",
        Severity.Warning => "warning",
        _ => "info",
    };
}

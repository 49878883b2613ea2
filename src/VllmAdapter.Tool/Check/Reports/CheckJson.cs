using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace VllmAdapter.Tool.Check;

/// <summary>The report for programs.</summary>
internal static class CheckJson
{
    private static readonly CheckJsonContext Context = new(new JsonSerializerOptions(CheckJsonContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Of(CheckReport report) => JsonSerializer.Serialize(
        new ReportJson
        {
            Endpoint = report.Endpoint,
            Version = report.Version,
            Model = report.Model,
            ContextWindow = report.ContextWindow,
            At = report.At,
            Seconds = Math.Round(report.Took.TotalSeconds, 3),
            Worst = report.Worst is { } worst ? ReportWords.Of(worst) : null,
            EndedEarly = report.EndedEarly,
            PromptTokens = report.Spent.PromptTokens,
            CompletionTokens = report.Spent.CompletionTokens,
            AnswersNotCounted = report.Uncounted,
            Findings = [.. report.Findings.Select(Of)],
            Probes = [.. report.Probes.Select(Of)],
        },
        Context.ReportJson);

    private static FindingJson Of(Finding finding) => new()
    {
        Id = finding.Kind.Id,
        Severity = ReportWords.Of(finding.Kind.Severity),
        Title = finding.Kind.Title,
        Meaning = finding.Kind.Meaning,
        Help = finding.Kind.Help,
        Evidence = [.. finding.Evidence.Select(piece => new EvidenceJson { Probe = piece.Probe, Text = piece.Text, RequestId = piece.RequestId })],
    };

    private static ProbeJson Of(ProbeResult probe) => new()
    {
        Name = probe.Name,
        Asks = probe.Asks,
        Worst = probe.Worst is { } worst ? ReportWords.Of(worst) : null,
        Facts = probe.Facts,
        NotFoundOut = probe.Untold,
        Seconds = Math.Round(probe.Took.TotalSeconds, 3),
        PromptTokens = probe.Spent.PromptTokens,
        CompletionTokens = probe.Spent.CompletionTokens,
        AnswersNotCounted = probe.Uncounted,
    };
}

internal sealed record ReportJson
{
    public required string Endpoint { get; init; }

    public string? Version { get; init; }

    public string? Model { get; init; }

    public int? ContextWindow { get; init; }

    public DateTimeOffset At { get; init; }

    public double Seconds { get; init; }

    public string? Worst { get; init; }

    public string? EndedEarly { get; init; }

    public int PromptTokens { get; init; }

    public int CompletionTokens { get; init; }

    public int AnswersNotCounted { get; init; }

    public required IReadOnlyList<FindingJson> Findings { get; init; }

    public required IReadOnlyList<ProbeJson> Probes { get; init; }
}

internal sealed record FindingJson
{
    public required string Id { get; init; }

    public required string Severity { get; init; }

    public required string Title { get; init; }

    public required string Meaning { get; init; }

    public required string Help { get; init; }

    public required IReadOnlyList<EvidenceJson> Evidence { get; init; }
}

internal sealed record EvidenceJson
{
    public required string Probe { get; init; }

    public required string Text { get; init; }

    public string? RequestId { get; init; }
}

internal sealed record ProbeJson
{
    public required string Name { get; init; }

    public required string Asks { get; init; }

    public string? Worst { get; init; }

    public required IReadOnlyList<string> Facts { get; init; }

    public required IReadOnlyList<string> NotFoundOut { get; init; }

    public double Seconds { get; init; }

    public int PromptTokens { get; init; }

    public int CompletionTokens { get; init; }

    public int AnswersNotCounted { get; init; }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ReportJson))]
internal sealed partial class CheckJsonContext : JsonSerializerContext;

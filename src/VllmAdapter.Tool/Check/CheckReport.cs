namespace VllmAdapter.Tool.Check;

/// <summary>What came of a check.</summary>
internal sealed record CheckReport
{
    /// <summary>The server's address, without what is secret in it.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The server's release; null if it did not say.</summary>
    public string? Version { get; init; }

    /// <summary>The model that was asked; null if the server chose.</summary>
    public string? Model { get; init; }

    /// <summary>Its context window in tokens; null if the server did not say.</summary>
    public int? ContextWindow { get; init; }

    /// <summary>When the check began.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Took { get; init; }

    /// <summary>What was found, worst first.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>The probes that were asked, in order.</summary>
    public IReadOnlyList<ProbeResult> Probes { get; init; } = [];

    /// <summary>Why not all probes were asked; null if they were.</summary>
    public string? EndedEarly { get; init; }

    /// <summary>The worst of the findings; null if there are none.</summary>
    public Severity? Worst => Findings.Count == 0 ? null : Findings.Max(finding => finding.Kind.Severity);

    /// <summary>What was spent, as far as it was counted.</summary>
    public TokenUsage Spent => new()
    {
        PromptTokens = Probes.Sum(probe => probe.Spent.PromptTokens),
        CompletionTokens = Probes.Sum(probe => probe.Spent.CompletionTokens),
    };

    /// <summary>Answers whose tokens nobody counted.</summary>
    public int Uncounted => Probes.Sum(probe => probe.Uncounted);

    public ExitCode ExitCode => this switch
    {
        { EndedEarly: not null } => ExitCode.Unavailable,
        { Worst: Severity.Fault } => ExitCode.Found,
        { Worst: Severity.Warning } => ExitCode.Warned,
        _ => ExitCode.Ok,
    };
}

/// <summary>What came of one probe.</summary>
internal sealed record ProbeResult
{
    public required string Name { get; init; }

    public required string Asks { get; init; }

    /// <summary>The worst of what it found; null if it found nothing.</summary>
    public Severity? Worst { get; init; }

    /// <summary>What it saw that is neither good nor bad.</summary>
    public IReadOnlyList<string> Facts { get; init; } = [];

    /// <summary>What it could not find out, and why.</summary>
    public IReadOnlyList<string> Untold { get; init; } = [];

    public TimeSpan Took { get; init; }

    public TokenUsage Spent { get; init; } = new();

    public int Uncounted { get; init; }
}

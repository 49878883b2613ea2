namespace VllmAdapter.Tool.Explain;

/// <summary>One line of a timeline: what came, and what that proves.</summary>
internal sealed record TimelineEntry
{
    public required TimelineKind Kind { get; init; }

    /// <summary>When it began to come, counted from the request.</summary>
    public TimeSpan At { get; init; }

    /// <summary>The first event that is in it, from 1; null for the end.</summary>
    public int? FirstEvent { get; init; }

    /// <summary>The last event that is in it; null for the end.</summary>
    public int? LastEvent { get; init; }

    /// <summary>The choice that it belongs to; null if it belongs to all.</summary>
    public int? Choice { get; init; }

    /// <summary>What came, in short.</summary>
    public string Came { get; init; } = "";

    /// <summary>What that proves, and what it does not.</summary>
    public string Proves { get; init; } = "";
}

namespace VllmAdapter.Diagnostics;

/// <summary>A tool call put together from its pieces, exactly as received.</summary>
public sealed record ToolCallEvidence
{
    /// <summary>The server's id, or null if it sent none.</summary>
    public string? Id { get; init; }

    /// <summary>The tool's name, or null if none came.</summary>
    public string? Name { get; init; }

    /// <summary>The arguments' text as received; empty if none came.</summary>
    public string Arguments { get; init; } = "";
}

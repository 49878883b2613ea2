namespace VllmAdapter.Diagnostics;

/// <summary>A piece of a tool call as it came: for display only. Calls that may be run are in <see cref="StreamOutcome.ToolCalls"/>.</summary>
public sealed record ToolCallDelta
{
    /// <summary>The position of the call within its choice, from 0; null if the server sent none.</summary>
    public int? Index { get; init; }

    /// <summary>The server's id of the call, on its first piece; null otherwise.</summary>
    public string? Id { get; init; }

    /// <summary>The tool's name, on the call's first piece (vLLM 0.8.5 repeats it with a named tool choice); null otherwise.</summary>
    public string? Name { get; init; }

    /// <summary>A fragment of the arguments' JSON text; empty when the piece has none.</summary>
    public string Arguments { get; init; } = "";
}

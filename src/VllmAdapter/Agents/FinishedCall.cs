namespace VllmAdapter.Agents;

/// <summary>A tool call that a <see cref="ToolLoop"/> has dealt with.</summary>
public sealed record CallFinished
{
    /// <summary>The call.</summary>
    public required ToolCall Call { get; init; }

    /// <summary>What the model is told: the handler's result, or why there is none.</summary>
    public required string Content { get; init; }

    /// <summary>What the handler gave back beside text, such as images; the text is among the parts then.</summary>
    /// <value>Empty: nothing but <see cref="Content"/>.</value>
    public IReadOnlyList<ContentPart> Parts { get; init; } = [];

    /// <summary>Whether a handler was run. False for a call with problems, or whose arguments do not fit the handler's types.</summary>
    public required bool WasRun { get; init; }

    /// <summary>What the handler threw; null if it did not.</summary>
    public Exception? Failure { get; init; }

    /// <summary>The call and whether it was run, not what came of it.</summary>
    public override string ToString() => $"{Call}: {(Failure is not null ? "failed" : WasRun ? "run" : "not run")}";
}

namespace VllmAdapter;

/// <summary>What a run of one or more turns may spend. A limit that is null does not apply.</summary>
public sealed record BudgetLimits
{
    /// <summary>Prompt and completion tokens of all turns together, at least 1.</summary>
    public long? Total { get; init; }

    /// <summary>Completion tokens of all turns together, at least 1.</summary>
    public long? Completion { get; init; }

    /// <summary>Turns, at least 1.</summary>
    public int? Turns { get; init; }

    /// <summary>The model's context window in tokens, at least 1: what one turn's prompt and completion can hold.</summary>
    public int? ContextWindow { get; init; }

    /// <summary>A limit on prompt and completion tokens of all turns together.</summary>
    /// <param name="tokens">At least 1.</param>
    public static BudgetLimits OfTotal(long tokens) => new() { Total = tokens };
}

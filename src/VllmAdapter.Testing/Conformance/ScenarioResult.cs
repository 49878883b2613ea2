namespace VllmAdapter.Testing;

/// <summary>What came of a <see cref="Scenario"/>, and where it departs from what had to come.</summary>
public sealed record ScenarioResult
{
    /// <summary>The scenario that was played.</summary>
    public required Scenario Scenario { get; init; }

    /// <summary>The chunks handed out, in order.</summary>
    public IReadOnlyList<ChatChunk> Chunks { get; init; } = [];

    /// <summary>What was received and how it ended.</summary>
    /// <value>Null: the request never became a stream.</value>
    public ChatAnswer? Answer { get; init; }

    /// <summary>What the enumeration threw.</summary>
    /// <value>Null: nothing.</value>
    public Exception? Thrown { get; init; }

    /// <summary>Every promise that was not kept, one sentence each; empty if all were.</summary>
    public IReadOnlyList<string> Deviations => [.. ScenarioCheck.DeviationsOf(this)];

    /// <summary>Whether every promise was kept.</summary>
    public bool IsAsExpected => Deviations.Count == 0;

    /// <summary>Throws unless every promise was kept.</summary>
    /// <exception cref="OutcomeAssertionException">At least one was not; the message lists them.</exception>
    public ScenarioResult EnsureAsExpected() => IsAsExpected ? this : throw new OutcomeAssertionException(ToString());

    /// <summary>The scenario, what came of it, and the deviations.</summary>
    public override string ToString() => string.Join(
        Environment.NewLine + "  ",
        [$"{Scenario}: {Answer?.Outcome.Explain() ?? Thrown?.Message ?? "nothing came"}", .. Deviations]);
}

namespace VllmAdapter.Testing;

/// <summary>How the answer of a <see cref="Scenario"/> has to end.</summary>
public sealed record ExpectedEnd
{
    /// <summary>How the stream ends.</summary>
    /// <value>Null: it never becomes a stream, see <see cref="Failure"/>.</value>
    public StreamVerdict? Verdict { get; init; }

    /// <summary>How the request fails.</summary>
    /// <value>Null: it becomes a stream, see <see cref="Verdict"/>.</value>
    public RequestFailure? Failure { get; init; }

    /// <summary>What the verdict is based on.</summary>
    /// <value>Null: not looked at.</value>
    public Certainty? Certainty { get; init; }

    /// <summary>The text of choice 0.</summary>
    /// <value>Null: not looked at.</value>
    public string? Text { get; init; }

    /// <summary>The reasoning of choice 0.</summary>
    /// <value>Null: not looked at.</value>
    public string? Reasoning { get; init; }

    /// <summary>The verdict of each choice, by index.</summary>
    /// <value>Empty: not looked at.</value>
    public IReadOnlyList<StreamVerdict> ChoiceVerdicts { get; init; } = [];

    /// <summary>The calls that may be run, in order; no others.</summary>
    public IReadOnlyList<ExpectedCall> ReadyCalls { get; init; } = [];

    /// <summary>Why the other calls must not be run, in order; no others.</summary>
    public IReadOnlyList<WithheldReason> Withheld { get; init; } = [];

    /// <summary>Which limit cut the answer.</summary>
    /// <value>Null: not looked at.</value>
    public LengthLimit? Limit { get; init; }

    /// <summary>Notes that must be made; there may be others.</summary>
    public IReadOnlyList<OutcomeNoteKind> Notes { get; init; } = [];

    /// <summary>What a fresh budget of 1,000 tokens says after this turn.</summary>
    /// <value>Null: anything but exhausted, which no scenario is.</value>
    public BudgetState? Budget { get; init; }

    /// <summary>Whether the enumeration throws <see cref="IncompleteStreamException"/>, as it does by default for answers that did not end the way answers end.</summary>
    public bool Throws => Verdict is StreamVerdict.ServerError or StreamVerdict.Malformed or StreamVerdict.Stalled
        or StreamVerdict.Interrupted or StreamVerdict.Aborted;

    /// <inheritdoc/>
    public override string ToString() => Verdict?.ToString() ?? $"{Failure} (no stream)";
}

/// <summary>A call that may be run.</summary>
/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">The arguments; compared as JSON.</param>
/// <param name="HasProblems">Whether it is whole but to be answered with its <see cref="ToolCall.Problems"/> instead.</param>
public sealed record ExpectedCall(string Name, string Arguments, bool HasProblems = false);

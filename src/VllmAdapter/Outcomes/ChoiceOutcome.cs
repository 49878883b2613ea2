namespace VllmAdapter.Diagnostics;

/// <summary>How one choice ended.</summary>
public sealed record ChoiceOutcome
{
    /// <summary>The choice's index, from 0.</summary>
    public int Index { get; init; }

    /// <summary>How it ended.</summary>
    public StreamVerdict Verdict { get; init; }

    /// <summary>What the verdict is based on.</summary>
    public Certainty Certainty { get; init; }

    /// <summary>The server's word, or null if it declared none.</summary>
    public FinishReason? FinishReason { get; init; }

    /// <summary>Which limit cut it, if one did.</summary>
    public LengthLimit? Limit { get; init; }

    /// <summary>Completion tokens of this choice alone, or null if the server did not count them separately.</summary>
    public int? CompletionTokens { get; init; }
}

namespace VllmAdapter.Tests.Outcomes;

/// <summary>A row: evidence, and what must be concluded of it. Ready and withheld calls and notes that are not named must not be there.</summary>
internal sealed record Scenario(string Name, Evidence Evidence, StreamVerdict Verdict, Certainty Certainty)
{
    /// <summary>Which limit cut it.</summary>
    public LengthLimit? Limit { get; init; }

    /// <summary>"name arguments" of each ready call.</summary>
    public string[] Ready { get; init; } = [];

    /// <summary>Why each withheld call is.</summary>
    public WithheldReason[] Withheld { get; init; } = [];

    /// <summary>The notes, but for the one that usage is missing.</summary>
    public OutcomeNoteKind[] Notes { get; init; } = [];

    /// <summary>The verdict of each choice, where there are several.</summary>
    public StreamVerdict[]? Each { get; init; }
}

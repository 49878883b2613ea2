namespace VllmAdapter;

/// <summary>Holds the counted tokens against the limits. With several choices a final usage is a sum, and nothing is inferred from it.</summary>
internal static class TokenRoom
{
    /// <summary>The tokens of this choice alone, or null if they were not counted.</summary>
    public static int? CountedFor(StreamEvidence evidence, ChoiceEvidence choice) =>
        evidence.IsSingle ? evidence.Usage?.CompletionTokens : choice.CompletionTokens;

    public static bool IsAtCap(StreamEvidence evidence, ChoiceEvidence choice) =>
        CountedFor(evidence, choice) is { } tokens && evidence.Asked.OutputCap is { } cap && tokens >= cap;

    public static bool IsAtContextWindow(StreamEvidence evidence, ChoiceEvidence choice) =>
        CountedFor(evidence, choice) is { } tokens
        && evidence.Asked.ContextWindow is { } window
        && evidence.Usage is { } usage
        && usage.PromptTokens + tokens >= window;

    /// <summary>Whether a count shows that the answer ended although it could have gone on.</summary>
    public static bool IsShown(StreamEvidence evidence, ChoiceEvidence choice) =>
        IsCountedToTheEnd(evidence, choice)
        && (evidence.Asked.OutputCap ?? evidence.Asked.ContextWindow) is not null
        && !IsAtCap(evidence, choice)
        && !IsAtContextWindow(evidence, choice);

    /// <summary>Whether a count shows that it was not the cap which ended the answer.</summary>
    public static bool IsBelowCapAtTheEnd(StreamEvidence evidence, ChoiceEvidence choice) =>
        IsCountedToTheEnd(evidence, choice) && evidence.Asked.OutputCap is not null && !IsAtCap(evidence, choice);

    // A count that came before the end says only that there were at least so many.
    private static bool IsCountedToTheEnd(StreamEvidence evidence, ChoiceEvidence choice) =>
        CountedFor(evidence, choice) is not null && (choice.CountedAtEnd || (evidence.IsSingle && evidence.UsageIsFinal));
}

namespace VllmAdapter;

/// <summary>Holds the counted tokens against the limits. With several choices a final usage is a sum, and nothing is inferred from it.</summary>
internal static class TokenRoom
{
    /// <summary>The tokens of this choice alone, or null if they were not counted.</summary>
    public static int? CountedFor(StreamEvidence evidence, ChoiceEvidence choice) =>
        evidence.IsSingle ? evidence.Usage?.CompletionTokens : choice.CompletionTokens;

    /// <summary>Which limit a choice was written up to, by its count; null if the count reaches none, or proves nothing.</summary>
    public static LimitAttribution? LimitReached(StreamEvidence evidence, ChoiceEvidence choice) =>
        IsAtCap(evidence, choice) ? LimitAttribution.OutputCap
        : IsAtContextWindow(evidence, choice) ? LimitAttribution.ContextWindow
        : CountedFor(evidence, choice) is { } tokens && tokens == evidence.Asked.ServerCap ? LimitAttribution.ServerCap
        : null;

    public static bool IsAtCap(StreamEvidence evidence, ChoiceEvidence choice) =>
        CountedFor(evidence, choice) is { } tokens && tokens == evidence.Asked.OutputCap;

    /// <summary>Whether more was counted than was allowed: a server that counts so counts something else, and its number proves nothing.</summary>
    public static bool IsBeyondCap(StreamEvidence evidence, ChoiceEvidence choice) =>
        CountedFor(evidence, choice) > evidence.Asked.OutputCap;

    /// <summary>Whether a count shows that the answer ended although it could have gone on. While the window is unknown, nothing shows it.</summary>
    public static bool IsShown(StreamEvidence evidence, ChoiceEvidence choice) =>
        IsCountedToTheEnd(evidence, choice)
        && evidence.Asked.ContextWindow is not null
        && evidence.Usage is { PromptTokens: > 0 }
        && LimitReached(evidence, choice) is null
        && !MayBeAtLimit(evidence, choice);

    /// <summary>
    /// Whether the true count may well be at a limit, whatever the server's is: that one is beyond the cap, or of a kind that is one too
    /// low for each choice (vLLM 0.8.5) and one short of a limit.
    /// </summary>
    public static bool MayBeAtLimit(StreamEvidence evidence, ChoiceEvidence choice) =>
        IsBeyondCap(evidence, choice)
        || (evidence.MayUndercount
            && CountedFor(evidence, choice) is { } tokens
            && (tokens + 1 == evidence.Asked.OutputCap || tokens + 1 == evidence.Asked.ServerCap
                || evidence.Usage?.PromptTokens + tokens + 1 >= evidence.Asked.ContextWindow));

    // A count that came before the end says only that there were at least so many.
    public static bool IsCountedToTheEnd(StreamEvidence evidence, ChoiceEvidence choice) =>
        CountedFor(evidence, choice) is not null && (choice.CountedAtEnd || (evidence.IsSingle && evidence.UsageIsFinal));

    /// <summary>
    /// The least number of completion tokens that the request has surely cost. Of a count beyond what was allowed nothing is sure but
    /// that each chunk between the first and the last had a token.
    /// </summary>
    public static long LeastSpent(StreamEvidence evidence)
    {
        if (IsCredible(evidence))
            return evidence.CountedTokens;

        long tokens = 0;
        foreach (ChoiceEvidence choice in evidence.Choices)
            tokens += Math.Max(0, choice.Chunks - 2);

        return Math.Min(evidence.CountedTokens, tokens);
    }

    /// <summary>Whether no more was counted than the request allowed.</summary>
    public static bool IsCredible(StreamEvidence evidence)
    {
        if (evidence.Asked.OutputCap is not { } cap)
            return true;

        foreach (ChoiceEvidence choice in evidence.Choices)
        {
            if (choice.CompletionTokens > cap)
                return false;
        }

        return evidence.CountedTokens <= (long)cap * Math.Max(1, Math.Max(evidence.Asked.Choices, evidence.Choices.Count));
    }

    private static bool IsAtContextWindow(StreamEvidence evidence, ChoiceEvidence choice) =>
        !IsBeyondCap(evidence, choice)
        && CountedFor(evidence, choice) is { } tokens
        && evidence.Asked.ContextWindow is { } window
        && evidence.Usage is { } usage
        && (long)usage.PromptTokens + tokens >= window;
}

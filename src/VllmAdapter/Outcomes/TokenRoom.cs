namespace VllmAdapter;

/// <summary>Holds the counted tokens against the limits. With several choices a final usage is a sum, and nothing is inferred from it.</summary>
internal static class TokenRoom
{
    /// <summary>The tokens of this choice alone, or null if they were not counted.</summary>
    public static int? CountedFor(StreamEvidence evidence, ChoiceEvidence choice) =>
        evidence.IsSingle ? evidence.Usage?.CompletionTokens : choice.CompletionTokens;

    /// <summary>Which limit a choice was written up to, by its count; null if the count reaches none, or proves nothing.</summary>
    public static LengthLimit? LimitReached(StreamEvidence evidence, ChoiceEvidence choice) =>
        IsAtMaxTokens(evidence, choice) ? LengthLimit.MaxTokens
        : IsAtContextWindow(evidence, choice) ? LengthLimit.ContextWindow
        : CountedFor(evidence, choice) is { } tokens && tokens == evidence.Request.ServerMaxTokens ? LengthLimit.ServerMaxTokens
        : null;

    public static bool IsAtMaxTokens(StreamEvidence evidence, ChoiceEvidence choice) =>
        CountedFor(evidence, choice) is { } tokens && tokens == evidence.Request.MaxTokens;

    /// <summary>Whether more was counted than was allowed: a server that counts so counts something else, and its number proves nothing.</summary>
    public static bool IsBeyondMaxTokens(StreamEvidence evidence, ChoiceEvidence choice) =>
        CountedFor(evidence, choice) > evidence.Request.MaxTokens;

    /// <summary>Whether a count shows that the answer ended although it could have gone on. While the window is unknown, nothing shows it.</summary>
    public static bool IsShown(StreamEvidence evidence, ChoiceEvidence choice) =>
        IsCountedToTheEnd(evidence, choice)
        && evidence.Request.ContextWindow is not null
        && evidence.Usage is { PromptTokens: > 0 }
        && LimitReached(evidence, choice) is null
        && !MayBeAtLimit(evidence, choice);

    /// <summary>
    /// Whether the true count may well be at a limit, whatever the server's is: that one is beyond max tokens, or of a kind that is one too
    /// low for each choice (vLLM 0.8.5) and one short of a limit.
    /// </summary>
    public static bool MayBeAtLimit(StreamEvidence evidence, ChoiceEvidence choice) =>
        IsBeyondMaxTokens(evidence, choice)
        || (evidence.MayUndercount
            && CountedFor(evidence, choice) is { } tokens
            && (tokens + 1 == evidence.Request.MaxTokens || tokens + 1 == evidence.Request.ServerMaxTokens
                || evidence.Usage?.PromptTokens + tokens + 1 >= evidence.Request.ContextWindow));

    // A count that came before the end says only that there were at least so many.
    public static bool IsCountedToTheEnd(StreamEvidence evidence, ChoiceEvidence choice) =>
        CountedFor(evidence, choice) is not null && (choice.IsCountedAtEnd || (evidence.IsSingle && evidence.UsageIsFinal));

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
        if (evidence.Request.MaxTokens is not { } maxTokens)
            return true;

        foreach (ChoiceEvidence choice in evidence.Choices)
        {
            if (choice.CompletionTokens > maxTokens)
                return false;
        }

        return evidence.CountedTokens <= (long)maxTokens * Math.Max(1, Math.Max(evidence.Request.ChoiceCount, evidence.Choices.Count));
    }

    private static bool IsAtContextWindow(StreamEvidence evidence, ChoiceEvidence choice) =>
        !IsBeyondMaxTokens(evidence, choice)
        && CountedFor(evidence, choice) is { } tokens
        && evidence.Request.ContextWindow is { } window
        && evidence.Usage is { } usage
        && (long)usage.PromptTokens + tokens >= window;
}

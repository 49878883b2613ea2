namespace VllmAdapter.Tool.Check;

/// <summary>Does a text end, and is it counted?</summary>
internal static class TextProbes
{
    private const int ShortCap = 5;

    /// <summary>The first of all that ask the model.</summary>
    public static IProbe Text { get; } = new TextProbe();

    public static IReadOnlyList<IProbe> All { get; } =
    [
        Text,
        new ChatProbe("text-whole", "Does a text that is not streamed end, and say so?", Questions.Hello.Whole(), LookAtEnd),
        new ChatProbe("text-cut", "Does a text cut by max tokens say length?", Questions.Count.CappedAt(ShortCap), LookAtCut),
        new ChatProbe("text-cut-whole", "Does it say so when it is not streamed?", Questions.Count.CappedAt(ShortCap).Whole(), LookAtCut),
        new ChatProbe("usage-at-the-end", "Are tokens counted at the end of a stream?", Questions.Hello with { UsageReporting = UsageReporting.Final }, LookAtEnd),
        new ChatProbe("stop-text", "Does a stop string end the answer, and is it left out?", Questions.Count with { Sampling = Questions.Count.Sampling! with { Stop = ["7"] } }, LookAtStop),
        new ChatProbe("two-answers", "Do two answers at once each end?", Questions.Hello.Drawn() with { ChoiceCount = 2 }, LookAtEnd),
        new ChatProbe("two-answers-cut", "Are two answers at once counted?", Questions.Count.CappedAt(ShortCap).Drawn() with { ChoiceCount = 2 }, LookAtCount),
        new StreamAgainstWholeProbe(),
        new ChatProbe("logprobs", "Do log probabilities come for every token?", Questions.Hello with { Logprobs = new LogprobOptions { TopLogprobs = 2 } }, LookAtLogprobs),
        new ChatProbe("reasoning-hidden", "Can reasoning be hidden?", Questions.Hello with { Reasoning = new ReasoningSettings { Include = false } }, LookAtEnd),
    ];

    /// <summary>Says that nothing was learned of the end, if the answer was longer than the question expected.</summary>
    public static void LookAtEnd(ProbeRun run, ChatAnswer answer)
    {
        if (answer.Outcome is { Verdict: StreamVerdict.LengthLimited, Certainty: Certainty.Declared } outcome)
            run.CannotTell($"The model did not come to an end of its own: {EndFindings.Said(outcome)}");
    }

    private static void LookAtCut(ProbeRun run, ChatAnswer answer)
    {
        if (answer.Outcome.Verdict == StreamVerdict.Completed)
            run.CannotTell($"The model ended before the limit: {EndFindings.Said(answer.Outcome)}");
    }

    private static void LookAtStop(ProbeRun run, ChatAnswer answer)
    {
        bool isThere = answer.Text.Contains('7', StringComparison.Ordinal);
        if (isThere && answer.Text.Contains('8', StringComparison.Ordinal))
            run.Find(AnswerKinds.StopIgnored, $"The stop string was 7; the text is \"{answer.Text}\".", answer.Outcome.Evidence.RequestId);
        else if (isThere)
            run.Find(AnswerKinds.StopInText, $"The stop string was 7; the text is \"{answer.Text}\".", answer.Outcome.Evidence.RequestId);
        else if (answer.Outcome.Evidence.Choices.All(choice => choice.StopReason is null))
            run.CannotTell("Nothing says whether the model came to the stop string: no stop_reason came, as behind some gateways, or it did not write it.");
    }

    private static void LookAtCount(ProbeRun run, ChatAnswer answer)
    {
        const int Expected = 2 * ShortCap;
        if (answer.Outcome.Choices is not [{ FinishReason: var first }, { FinishReason: var second }] || first != FinishReason.Length || second != FinishReason.Length)
            run.CannotTell("The answers were not both cut at the limit, so nobody knows how long they are.");
        else if (answer.Usage is { } usage && usage.CompletionTokens < Expected)
            run.Find(AnswerKinds.Undercounts, $"Two answers of {ShortCap} tokens, {usage.CompletionTokens} counted.", answer.Outcome.Evidence.RequestId);
    }

    private static void LookAtLogprobs(ProbeRun run, ChatAnswer answer)
    {
        string? requestId = answer.Outcome.Evidence.RequestId;
        if (answer.Outcome.Verdict is not (StreamVerdict.Completed or StreamVerdict.LengthLimited or StreamVerdict.Unconfirmed))
            run.CannotTell($"The answer broke off: {EndFindings.Said(answer.Outcome)}");
        else if (answer.Logprobs is not { Count: > 0 } tokens)
            run.Find(AnswerKinds.LogprobsMissing, "None came.", requestId);
        else if (answer.Reasoning.Length == 0 && !string.Concat(tokens.Select(token => token.Token)).Contains(answer.Text, StringComparison.Ordinal) && !HasOddTokens(tokens))
            run.Find(AnswerKinds.LogprobsMissing, $"{tokens.Count} tokens came, and they do not spell the text.", requestId);
        else if (tokens.All(token => token.Top.Count == 0))
            run.Find(AnswerKinds.LogprobsMissing, "They came without the alternatives that were asked for.", requestId);
        LookAtEnd(run, answer);
    }

    // A token may be half a character, which has no spelling of its own.
    private static bool HasOddTokens(IReadOnlyList<TokenLogprob> tokens) => tokens.Any(token => token.Token.Contains('\uFFFD', StringComparison.Ordinal));
}

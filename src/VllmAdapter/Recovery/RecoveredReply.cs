namespace VllmAdapter;

/// <summary>Makes one answer and one outcome of several, so that both the whole and its parts can be seen.</summary>
internal static class RecoveredReply
{
    public static ChatAnswer Of(IReadOnlyList<ChatAnswer> parts, StreamRecovery recovery, VllmRequestException? refusal)
    {
        ChatAnswer last = parts[^1];
        if (parts.Count == 1 && refusal is null)
            return last;

        List<OutcomeNote> notes = [.. last.Outcome.Notes];
        if (parts.Count > 1)
            notes.Add(new OutcomeNote(OutcomeNoteKind.Recovered, recovery.AsksWhole ? AskedAgain(parts) : Continued(parts)));

        if (refusal is not null)
            notes.Add(new OutcomeNote(OutcomeNoteKind.RecoveryFailed, $"Asking again failed: {refusal.Message}"));

        TokenUsage? usage = Sum(parts);
        if (usage is null && last.Outcome.Usage is not null)
            notes.Add(new OutcomeNote(OutcomeNoteKind.UsageMissing, parts.All(part => part.Usage is not null)
                ? "The requests counted more tokens together than any model writes, so the tokens spent are not known."
                : "Not every request was counted, so the tokens spent are not known."));

        IReadOnlyList<ChatChoice> choices = recovery.AsksWhole ? last.Choices : [.. Join(parts)];
        StreamOutcome outcome = last.Outcome with
        {
            Parts = parts.Count > 1 ? [.. parts.Select(part => part.Outcome)] : [],
            Attempts = parts.Sum(part => part.Outcome.Attempts) + (refusal?.Attempts ?? 0),
            Usage = usage,
            Notes = notes,
            Received = choices,
        };
        return new ChatAnswer { Outcome = outcome, Choices = choices, Extra = parts.Select(part => part.Extra).Aggregate(ExtraFields.Join) };
    }

    /// <summary>The same without the characters that were not handed out, because they had been before.</summary>
    public static ChatAnswer WithoutStart(this ChatAnswer part, int characters) => characters == 0 ? part : part with
    {
        Choices = [.. part.Choices.Select(choice => choice.Index == 0 ? choice with { Text = choice.Text[characters..] } : choice)],
    };

    private static string Continued(IReadOnlyList<ChatAnswer> parts)
    {
        string before = string.Join("; ", parts.SkipLast(1).Select(part => part.Outcome.Verdict + " after " + Count(part)));
        string uncounted = parts.SkipLast(1).All(part => Continuation.IsCounted(part.Outcome))
            ? ""
            : " Not all tokens of the earlier ones were counted: at least that many were taken off max tokens.";
        return $"The answer was put together from {parts.Count} requests, the earlier ending as {before}.{uncounted}";
    }

    private static string AskedAgain(IReadOnlyList<ChatAnswer> parts) =>
        $"The streamed answer ({parts[0].Outcome.Verdict}) had lost something, so it was requested again without streaming.";

    private static string Count(ChatAnswer part) => OutcomeNotes.Count(Continuation.Spent(part.Outcome), "token");

    private static TokenUsage? Sum(IReadOnlyList<ChatAnswer> parts)
    {
        if (parts.Any(part => part.Usage is null))
            return null;

        long prompt = parts.Sum(part => (long)part.Usage!.PromptTokens);
        long completion = parts.Sum(part => (long)part.Usage!.CompletionTokens);
        return prompt + completion <= int.MaxValue
            ? new TokenUsage { PromptTokens = (int)prompt, CompletionTokens = (int)completion }
            : null;
    }

    private static IEnumerable<ChatChoice> Join(IReadOnlyList<ChatAnswer> parts) => parts
        .SelectMany(part => part.Choices)
        .GroupBy(choice => choice.Index)
        .OrderBy(choice => choice.Key)
        .Select(pieces => new ChatChoice
        {
            Index = pieces.Key,
            Text = string.Concat(pieces.Select(piece => piece.Text)),
            Reasoning = string.Concat(pieces.Select(piece => piece.Reasoning)),
            Refusal = string.Concat(pieces.Select(piece => piece.Refusal)),
            Logprobs = pieces.Any(piece => piece.Logprobs is not null)
                ? [.. pieces.SelectMany(piece => piece.Logprobs ?? [])]
                : null,
            TokenIds = pieces.Any(piece => piece.TokenIds is not null) ? [.. pieces.SelectMany(piece => piece.TokenIds ?? [])] : null,
            PromptTokenIds = pieces.First().PromptTokenIds,
            Extra = pieces.Select(piece => piece.Extra).Aggregate(ExtraFields.Join),
        });
}

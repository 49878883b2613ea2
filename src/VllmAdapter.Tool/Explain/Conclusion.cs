namespace VllmAdapter.Tool.Explain;

/// <summary>What follows from an answer: how it ended, what is missing, and what a client may do with it.</summary>
internal sealed record Conclusion
{
    /// <summary>The verdict in one word; <c>Refused</c> if there was no answer.</summary>
    public required string Verdict { get; init; }

    /// <summary>What the verdict means, for who has never seen it.</summary>
    public required string Meaning { get; init; }

    /// <summary>What it rests on; null if there was no answer.</summary>
    public Certainty? Certainty { get; init; }

    /// <summary>Why, in a sentence or two.</summary>
    public required string Explanation { get; init; }

    /// <summary>Whether the text may be taken for the whole answer; null if nothing says either way.</summary>
    public bool? IsWhole { get; init; }

    /// <summary>What did not come, or is not known.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>What a client may do with the text.</summary>
    public required string Text { get; init; }

    /// <summary>The calls that may be run.</summary>
    public IReadOnlyList<ToolCall> MayRun { get; init; } = [];

    /// <summary>The calls that must not be run, each with the reason.</summary>
    public IReadOnlyList<WithheldToolCall> MustNotRun { get; init; } = [];

    /// <summary>What is known of the tokens.</summary>
    public required string Tokens { get; init; }

    /// <summary>What else is to be known.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Whether a client may go on as if nothing had happened.</summary>
    public bool IsFine { get; init; }

    public static Conclusion Of(RecordedInput input, Replay replay) =>
        replay.Answer is { } answer ? OfAnswer(input, answer) : OfRefusal(replay.Refusal!);

    private static Conclusion OfAnswer(RecordedInput input, ChatAnswer answer)
    {
        StreamOutcome outcome = answer.Outcome;
        return new Conclusion
        {
            Verdict = outcome.Verdict.ToString(),
            Meaning = VerdictWords.Meaning(outcome),
            Certainty = outcome.Certainty,
            Explanation = outcome.Explain(),
            IsWhole = outcome.Verdict switch
            {
                StreamVerdict.Completed when Doubts.About(outcome) is null => true,
                StreamVerdict.Completed or StreamVerdict.Unconfirmed => null,
                _ => false,
            },
            Missing = [.. Absences.Of(input, outcome)],
            Text = VerdictWords.WhatToDoWithText(answer),
            MayRun = outcome.ToolCalls,
            MustNotRun = outcome.WithheldToolCalls,
            Tokens = TokensOf(outcome),
            Notes = [.. outcome.Notes.Select(note => NoteOf(note, outcome)).Where(text => !outcome.Explain().Contains(text, StringComparison.Ordinal))],
            IsFine = outcome.IsComplete && outcome.WithheldToolCalls.Count == 0 && Doubts.About(outcome) is null,
        };
    }

    private static Conclusion OfRefusal(VllmRequestException refusal) => new()
    {
        Verdict = "Refused",
        Meaning = $"There is no answer: the request failed before one began ({refusal.Failure}).",
        Explanation = refusal.Message,
        IsWhole = false,
        Text = refusal.IsRetryable ? "There is none. Ask again later." : "There is none, and the same request will fail again.",
        Tokens = "A request that is refused costs none.",
    };

    private static string NoteOf(OutcomeNote note, StreamOutcome outcome) =>
        note.Kind == OutcomeNoteKind.CutNotExcluded && outcome is { Evidence: { UsageIsFinal: true, Request.ContextWindow: null } }
            ? "The model's context window is not known, so nothing rules out that it cut a call: give it with --context-window."
            : note.Text;

    // What a client must never make of a missing count: that the tokens are used up.
    private static string TokensOf(StreamOutcome outcome)
    {
        if (outcome.Verdict == StreamVerdict.LengthLimited)
        {
            return outcome.Limit switch
            {
                LengthLimit.MaxTokens => "All that this request allowed are used. That is this request's limit, not the end of a budget: raise max_tokens.",
                LengthLimit.ContextWindow => "The model's context window is full: shorten the messages.",
                LengthLimit.ServerMaxTokens => "The server's own limit was reached, below the request's: look at its --override-generation-config.",
                _ => "Some limit was reached, and nothing says which one: ask for usage (stream_options.include_usage).",
            };
        }

        return (outcome.Usage, outcome.Evidence.UsageIsFinal) switch
        {
            (null, _) => "They were not counted. That does not mean that they are used up.",
            ({ } usage, true) => $"{Wording.Number(usage.PromptTokens)} for the prompt, {Wording.Number(usage.CompletionTokens)} for the answer.",
            ({ } usage, false) => $"At least {Wording.Number(usage.CompletionTokens)} for the answer; the last count did not come. That does not mean that they are used up.",
        };
    }
}

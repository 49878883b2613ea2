namespace VllmAdapter;

/// <summary>What one turn cost, as far as its outcome shows.</summary>
internal sealed record TurnCost
{
    private TurnCost()
    {
    }

    public static TurnCost Nothing { get; } = new()
    {
        Prompt = TokenCount.Exactly(0),
        Completion = TokenCount.Exactly(0),
        Total = TokenCount.Exactly(0),
        Context = TokenCount.Exactly(0),
    };

    public TokenCount Prompt { get; private init; }

    /// <summary>Completion tokens of all choices.</summary>
    public TokenCount Completion { get; private init; }

    public TokenCount Total { get; private init; }

    /// <summary>What the turn held of the context window: the prompt and the longest of the choices.</summary>
    public TokenCount Context { get; private init; }

    /// <summary>What the server did not report; null if it reported everything.</summary>
    public MissingMetadata? Missing { get; private init; }

    private int Choices { get; init; } = 1;

    public static TurnCost Of(StreamOutcome outcome)
    {
        if (outcome.Parts.Count > 0)
            return outcome.Parts.Select(Of).Aggregate(static (sum, part) => sum.And(part));

        StreamEvidence evidence = outcome.Evidence;
        int choices = Math.Max(1, Math.Max(evidence.Request.ChoiceCount, evidence.Choices.Count));
        if (outcome.Usage is not { } usage)
            return new TurnCost { Choices = choices, Missing = MissingMetadata.Usage };

        // Every prompt has tokens, so none means that they were not counted.
        TokenCount prompt = usage.PromptTokens > 0 ? TokenCount.Exactly(usage.PromptTokens) : TokenCount.AtLeast(0);

        long? mostOfOne = MostOfOneChoice(evidence.Request, usage);
        TokenCount completion = CompletionOf(evidence, mostOfOne * choices);
        return new TurnCost
        {
            Prompt = prompt,
            Completion = completion,
            Total = prompt + completion,
            Context = prompt + Longest(evidence, completion, choices, mostOfOne),
            Missing = MissingOf(evidence, prompt),
            Choices = choices,
        };
    }

    // More than was allowed was either counted wrongly or spent against the request: so many at most, if it is the last count.
    private static TokenCount CompletionOf(StreamEvidence evidence, long? most) => evidence switch
    {
        _ when !TokenRoom.IsCredible(evidence) => UpTo(TokenRoom.LeastSpent(evidence), evidence.UsageIsFinal ? evidence.CountedTokens : null),
        { UsageIsExact: true } => TokenCount.Exactly(evidence.CountedTokens),
        _ => UpTo(evidence.CountedTokens, most),
    };

    private static MissingMetadata? MissingOf(StreamEvidence evidence, TokenCount prompt) =>
        !evidence.UsageIsFinal ? MissingMetadata.FinalUsage
        : !TokenRoom.IsCredible(evidence) ? MissingMetadata.CredibleUsage
        : !evidence.UsageIsExact ? MissingMetadata.UsageOfEachChoice
        : prompt.IsExact ? null
        : MissingMetadata.Usage;

    /// <summary>What both cost; the context window is a matter of each turn by itself.</summary>
    public TurnCost Plus(TurnCost other) => this with { Completion = Completion + other.Completion, Total = Total + other.Total };

    /// <summary>The same turn with a total known from elsewhere; what the server has shown is not undercut.</summary>
    public TurnCost ResolvedTo(TokenCount known)
    {
        TokenCount total = UpTo(
            Math.Max(known.Min, Total.Min), known.Max is null || Total.Max < known.Max ? Total.Max : known.Max);
        long leastCompletion = Prompt.Max is { } mostPrompt ? Math.Max(Completion.Min, total.Min - mostPrompt) : Completion.Min;
        TokenCount completion = UpTo(leastCompletion, total.Max - Prompt.Min);
        return this with
        {
            Completion = completion,
            Total = total,
            Context = Choices == 1 ? total : UpTo(Context.Min, total.Max),
            Missing = total.IsExact && completion.IsExact ? null : Missing,
        };
    }

    // Requests of one answer: each has its prompt, and the last one's context is what the answer holds of the window.
    private TurnCost And(TurnCost next) => this with
    {
        Prompt = Prompt + next.Prompt,
        Completion = Completion + next.Completion,
        Total = Total + next.Total,
        Context = next.Context,
        Missing = Missing ?? next.Missing,
        Choices = next.Choices,
    };

    // With several choices the window holds one of them at a time: at least their average, at most all that was counted.
    private static TokenCount Longest(StreamEvidence evidence, TokenCount completion, int choices, long? mostOfOne)
    {
        if (choices == 1)
            return completion;

        long average = (completion.Min + choices - 1) / choices;
        long longest = Math.Max(average, MostCounted(evidence, completion));
        return UpTo(longest, mostOfOne < completion.Max ? mostOfOne : completion.Max);
    }

    private static long MostCounted(StreamEvidence evidence, TokenCount completion) =>
        TokenRoom.IsCredible(evidence) ? evidence.Choices.Max(choice => (long?)choice.CompletionTokens) ?? 0 : completion.Min;

    private static long? MostOfOneChoice(RequestEvidence asked, TokenUsage usage)
    {
        long? window = asked.ContextWindow - usage.PromptTokens;
        return asked.MaxTokens is { } maxTokens && (window is null || maxTokens < window) ? maxTokens : window;
    }

    private static TokenCount UpTo(long min, long? max) =>
        max is { } most ? TokenCount.Between(min, Math.Max(min, most)) : TokenCount.AtLeast(min);
}

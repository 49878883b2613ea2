namespace VllmAdapter;

/// <summary>A budget's answer, with the numbers behind it.</summary>
public sealed record BudgetReport
{
    /// <summary>Whether the budget allows another turn.</summary>
    public BudgetState State { get; init; }

    /// <summary>What the run may spend.</summary>
    public BudgetLimits Limits { get; init; } = new();

    /// <summary>Prompt and completion tokens of all turns, as far as they are known.</summary>
    public TokenCount Spent { get; init; }

    /// <summary>Completion tokens of all turns, as far as they are known.</summary>
    public TokenCount SpentOnCompletion { get; init; }

    /// <summary>How many turns were recorded.</summary>
    public int Turns { get; init; }

    /// <summary>What the last turn held of the context window, prompt and completion, as far as it is known; 0 before the first.</summary>
    public TokenCount Context { get; init; }

    /// <summary>The tokens of the next prompt, as <see cref="TokenBudget.Check(TokenCount)"/> was told.</summary>
    /// <value>Null (default): nobody asked about a prompt.</value>
    public TokenCount? NextPrompt { get; init; }

    /// <summary>Tokens left under the tightest token limit, before the next prompt; null if no token limit is set.</summary>
    public TokenCount? Remaining { get; init; }

    /// <summary>
    /// Which limit is reached, when <see cref="State"/> is <see cref="BudgetState.Exhausted"/>; which one the next prompt does not fit, when it is
    /// <see cref="BudgetState.Insufficient"/>; which may be, when it is indeterminate.
    /// </summary>
    public BudgetCause? Cause { get; init; }

    /// <summary>Which facts are missing, when the count is not exact.</summary>
    public IReadOnlyList<MissingMetadata> Missing { get; init; } = [];

    /// <summary>
    /// The most tokens that the next answer may have, so that with its prompt no limit is passed: what to set as <see cref="ChatRequest.MaxTokens"/>.
    /// </summary>
    /// <value>0 or more, by what is surely spent and surely in <see cref="NextPrompt"/> (nothing, if it is null); null if no token limit is set.</value>
    public long? RoomForAnswer
    {
        get
        {
            long prompt = NextPrompt?.Min ?? 0;
            long? room = Least(Limits.Total - Spent.Min - prompt, Least(Limits.Completion - SpentOnCompletion.Min, Limits.ContextWindow - prompt));
            return room is { } left ? Math.Max(0, left) : null;
        }
    }

    /// <summary>The answer in one sentence.</summary>
    public string Explain() => State switch
    {
        BudgetState.Exhausted => $"The budget is exhausted: {WhatIsSpent}.",
        BudgetState.Insufficient => $"The next prompt does not fit: it needs {NextPrompt} tokens and its answer at least 1, but {WhatIsLeft}.",
        BudgetState.Available => $"The budget allows another turn: {SpentOfTotal} spent{(Remaining is { } left ? $", {left} left" : "")}{AndNext}.",
        _ when Missing.Contains(MissingMetadata.NextPrompt) =>
            $"It is not known whether the next prompt fits: it needs {NextPrompt} tokens and its answer at least 1, and {WhatIsLeft}.",
        _ => $"It is not known whether {Limit} is reached: {Spent} tokens spent, {Absent}.",
    };

    /// <summary>The answer for a turn with this prompt.</summary>
    internal BudgetReport Facing(TokenCount prompt)
    {
        BudgetReport facing = this with { NextPrompt = prompt };
        if (State == BudgetState.Exhausted)
            return facing;

        if (prompt.Min >= Limits.ContextWindow)
            return facing with { State = BudgetState.Insufficient, Cause = BudgetCause.ContextWindow };
        if (Spent.Min + prompt.Min >= Limits.Total)
            return facing with { State = BudgetState.Insufficient, Cause = BudgetCause.Total };
        if (State == BudgetState.Indeterminate)
            return facing;

        BudgetCause? open = Reaches(prompt.Max, Limits.ContextWindow) ? BudgetCause.ContextWindow
            : Reaches(Spent.Max + prompt.Max, Limits.Total) ? BudgetCause.Total
            : null;
        return open is null ? facing : facing with { State = BudgetState.Indeterminate, Cause = open, Missing = [.. Missing, MissingMetadata.NextPrompt] };
    }

    private static bool Reaches(long? most, long? limit) => limit is not null && (most is null || most >= limit);

    private string WhatIsSpent => Cause switch
    {
        BudgetCause.Completion => $"{SpentOnCompletion} of {Number(Limits.Completion)} completion tokens spent",
        BudgetCause.Turns => $"{Number(Turns)} of {Number(Limits.Turns)} turns taken; {Spent} tokens spent",
        BudgetCause.ContextWindow => $"the last turn held {Context} of the context window's {Number(Limits.ContextWindow)} tokens; {Spent} tokens spent",
        _ => $"{SpentOfTotal} spent",
    };

    private string WhatIsLeft => Cause == BudgetCause.ContextWindow
        ? $"the context window has {Number(Limits.ContextWindow)}"
        : $"{TokenBudget.Left(Limits.Total, Spent)} of {Number(Limits.Total)} are left";

    private string SpentOfTotal => Limits.Total is null ? $"{Spent} tokens" : $"{Spent} of {Number(Limits.Total)} tokens";

    private string AndNext => NextPrompt is { } prompt ? $", and the next prompt needs {prompt}" : "";

    private string Limit => Cause switch
    {
        BudgetCause.Completion => $"the limit of {Number(Limits.Completion)} completion tokens ({SpentOnCompletion} spent)",
        BudgetCause.ContextWindow => $"the context window of {Number(Limits.ContextWindow)} tokens",
        _ => $"the limit of {Number(Limits.Total)} tokens",
    };

    private string Absent => Missing switch
    {
        _ when Missing.Contains(MissingMetadata.Usage) => "and the server sent no usage for all of them",
        _ when Missing.Contains(MissingMetadata.FinalUsage) => "and no final usage came",
        _ when Missing.Contains(MissingMetadata.CredibleUsage) => "and the server counted more than was allowed, which proves nothing",
        _ => "and the counts of several choices may be too low, as vLLM 0.8.5's are",
    };

    private static string Number(long? tokens) => TokenCount.Exactly(tokens ?? 0).ToString();

    private static long? Least(long? one, long? other) => one is null || other < one ? other : one;

    /// <inheritdoc/>
    public override string ToString() => Explain();
}

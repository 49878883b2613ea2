namespace VllmAdapter.Agents;

/// <summary>The budget of a run: whether another turn may be had, how much it may be asked for, and what each one has cost.</summary>
/// <remarks>Without a budget everything may be had, and nothing is counted.</remarks>
internal sealed class RunBudget(TokenBudget? budget, ToolLoopOptions options, IReadOnlyList<ToolDefinition> offered)
{
    /// <summary>What is known of the prompts, and what is left for the answers.</summary>
    public TurnRoom Room { get; } = new();

    /// <summary>The budget's last word; null without a budget.</summary>
    public BudgetReport? Report { get; private set; }

    /// <summary>Whether a turn must not be had: nothing is left, or its prompt does not fit what is.</summary>
    public async ValueTask<bool> ForbidsAsync(ChatRequest next, CancellationToken cancellationToken)
    {
        if (budget is null)
            return false;

        Report = budget.Check();
        if (Report.State == BudgetState.Exhausted)
            return true;

        TokenCount counted = await CountAsync(next, cancellationToken).ConfigureAwait(false);
        BudgetReport facing = budget.Check(Room.PromptBy(counted));
        Room.Is(facing);
        if (facing.State is not (BudgetState.Exhausted or BudgetState.Insufficient))
            return false;

        Report = facing;
        return true;
    }

    /// <summary>A turn that the caller left or canceled was paid for too.</summary>
    public void RecordIfGivenUp(StreamOutcome? turn)
    {
        if (turn is not null && (turn.TerminatedBy == TerminationCause.ConsumerLeft || turn.TerminatedBy == TerminationCause.CallerCanceled))
            budget?.Record(turn);
    }

    /// <summary>Takes over what a turn has cost.</summary>
    /// <param name="turn">How it ended.</param>
    /// <param name="sent">What was sent for it.</param>
    /// <param name="cancellationToken">Ends the counting.</param>
    public async ValueTask RecordAsync(StreamOutcome turn, ChatRequest sent, CancellationToken cancellationToken)
    {
        if (budget is null)
            return;

        var cost = TurnCost.Of(turn);
        Report = budget.Add(cost);
        if (cost.Total.IsExact)
            return;

        // What the next prompt begins with is what this turn has spent.
        TokenCount counted = await CountAsync(sent.With(turn, options.KeepReasoning, []), cancellationToken).ConfigureAwait(false);
        if (counted.Max is not null)
            Report = budget.Settle(cost, EntersWhole(turn) ? counted : TokenCount.AtLeast(counted.Min));
    }

    /// <summary>Whether it was the budget that ended a turn: its own policy hung up, or its rest was all that the turn was asked for.</summary>
    public bool HasEnded(StreamOutcome turn)
    {
        bool mayHave = turn.Limit == LengthLimit.TokenBudget || (turn.Verdict == StreamVerdict.LengthLimited && Room.IsLimiting);
        if (!mayHave || budget?.Check() is not { State: BudgetState.Exhausted } spent)
            return false;

        Report = spent;
        return true;
    }

    // What is not in the history cannot be counted there, but was paid for.
    private bool EntersWhole(StreamOutcome turn) =>
        (turn.IsComplete || turn.Verdict is StreamVerdict.LengthLimited or StreamVerdict.StoppedByServer)
        && turn.Parts.Count == 0
        && TurnUses.WordsFor(turn) is null
        && (options.KeepReasoning || turn.Received.All(choice => choice.Reasoning.Length == 0));

    // A server that does not count leaves the number open; it is no reason to end the run.
    private async ValueTask<TokenCount> CountAsync(ChatRequest counted, CancellationToken cancellationToken)
    {
        if (options.CountPrompt is not { } count)
            return default;

        try
        {
            return await count(counted with { Tools = offered }, cancellationToken).ConfigureAwait(false);
        }
        catch (VllmRequestException)
        {
            return default;
        }
    }
}

namespace VllmAdapter;

/// <summary>Tracks what a run of turns has spent, and says whether it may continue. It never infers exhaustion from a missing count.</summary>
/// <remarks>Thread-safe; one instance serves a run, however many turns and parallel streams it has.</remarks>
/// <example>
/// <code>
/// var budget = new TokenBudget(20_000);
/// BudgetReport report = budget.Record(stream.Outcome);
/// if (report.State == BudgetState.Exhausted) return;
/// </code>
/// </example>
public sealed class TokenBudget
{
    private readonly object _gate = new();
    private readonly BudgetLimits _limits;
    private readonly List<TurnCost> _openTurns = [];
    private TurnCost _settled = TurnCost.Nothing;
    private TurnCost _all = TurnCost.Nothing;
    private TurnCost _last = TurnCost.Nothing;
    private int _turns;

    /// <summary>Starts a run.</summary>
    /// <param name="limits">What it may spend.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is below 1.</exception>
    public TokenBudget(BudgetLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ThrowIfBelowOne(limits.Total, nameof(limits.Total), nameof(limits));
        ThrowIfBelowOne(limits.Completion, nameof(limits.Completion), nameof(limits));
        ThrowIfBelowOne(limits.Turns, nameof(limits.Turns), nameof(limits));
        ThrowIfBelowOne(limits.ContextWindow, nameof(limits.ContextWindow), nameof(limits));
        _limits = limits;
    }

    /// <summary>Starts a run with one limit, on prompt and completion tokens of all turns together.</summary>
    /// <param name="totalTokens">What it may spend, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is below 1.</exception>
    public TokenBudget(long totalTokens)
    {
        ThrowIfBelowOne(totalTokens, "The limit", nameof(totalTokens));
        _limits = BudgetLimits.OfTotal(totalTokens);
    }

    /// <summary>What the run may spend.</summary>
    public BudgetLimits Limits => _limits;

    /// <summary>Prompt and completion tokens of all recorded turns.</summary>
    public TokenCount Spent
    {
        get
        {
            lock (_gate)
                return _all.Total;
        }
    }

    /// <summary>Adds a turn: exactly if its final usage came, as an interval if only part of it did, as an open interval if nothing came.</summary>
    /// <param name="outcome">How the turn ended.</param>
    /// <returns>Whether the run may continue.</returns>
    public BudgetReport Record(StreamOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return Add(TurnCost.Of(outcome));
    }

    internal BudgetReport Add(TurnCost turn)
    {
        lock (_gate)
        {
            _turns++;
            _last = turn;
            Keep(turn);
            _all = _all.Plus(turn);
            return Report();
        }
    }

    /// <summary>Settles the most recent turn whose count is open, for example with a count from <c>/tokenize</c>.</summary>
    /// <param name="exact">
    /// All tokens of that turn, prompt and completion. Counts that the server has shown already are not undercut; a count that is
    /// itself not exact narrows the turn's, and leaves it open.
    /// </param>
    /// <returns>Whether the run may continue.</returns>
    /// <exception cref="InvalidOperationException">Every turn is settled.</exception>
    public BudgetReport Resolve(TokenCount exact)
    {
        lock (_gate)
        {
            int at = _openTurns.FindLastIndex(turn => !turn.Total.IsExact);
            if (at < 0)
                throw new InvalidOperationException("Every recorded turn has an exact count; there is nothing to resolve.");

            return Settle(at, exact);
        }
    }

    /// <summary>Settles this turn if its count is still open, whatever other runs have recorded since.</summary>
    internal BudgetReport Settle(TurnCost turn, TokenCount exact)
    {
        lock (_gate)
        {
            int at = _openTurns.FindIndex(open => ReferenceEquals(open, turn));
            return at < 0 ? Report() : Settle(at, exact);
        }
    }

    /// <summary>Says whether anything is left, whatever the next turn needs.</summary>
    public BudgetReport Check()
    {
        lock (_gate)
            return Report();
    }

    /// <summary>Says whether the next turn may be taken: its prompt has to leave at least one token for the answer.</summary>
    /// <param name="nextPrompt">
    /// The tokens of its prompt, for example as <see cref="VllmServer.PlanAsync"/> counts them. Without a count, it has at least the prompt and the
    /// answer of the turn before it, if both are in the history.
    /// </param>
    /// <returns>
    /// What <see cref="Check()"/> says, or <see cref="BudgetState.Insufficient"/> if something is left and the prompt takes all of it. How much it leaves
    /// is in <see cref="BudgetReport.RoomForAnswer"/>.
    /// </returns>
    public BudgetReport Check(TokenCount nextPrompt)
    {
        lock (_gate)
            return Report().Facing(nextPrompt);
    }

    /// <summary>Whether a stream that has used so much up to now has spent the rest.</summary>
    internal bool IsSpentBy(long prompt, long completion)
    {
        lock (_gate)
        {
            return _all.Total.Min + prompt + completion >= _limits.Total
                || _all.Completion.Min + completion >= _limits.Completion;
        }
    }

    private BudgetReport Settle(int at, TokenCount exact)
    {
        TurnCost open = _openTurns[at];
        TurnCost resolved = open.ResolvedTo(exact);
        _openTurns.RemoveAt(at);
        Keep(resolved);
        if (ReferenceEquals(open, _last))
            _last = resolved;

        _all = _openTurns.Aggregate(_settled, (sum, turn) => sum.Plus(turn));
        return Report();
    }

    private void Keep(TurnCost turn)
    {
        if (turn.Missing is null)
            _settled = _settled.Plus(turn);
        else
            _openTurns.Add(turn);
    }

    private BudgetReport Report()
    {
        (TokenCount spent, TokenCount completion) = (_all.Total, _all.Completion);
        (BudgetCause Cause, TokenCount Count, long? Limit)[] limits =
        [
            (BudgetCause.Turns, TokenCount.Exactly(_turns), _limits.Turns),
            (BudgetCause.Total, spent, _limits.Total),
            (BudgetCause.Completion, completion, _limits.Completion),
            (BudgetCause.ContextWindow, _last.Context, _limits.ContextWindow),
        ];

        BudgetCause? exhausted = null;
        BudgetCause? open = null;
        foreach ((BudgetCause cause, TokenCount count, long? limit) in limits)
        {
            if (limit is null)
                continue;

            if (count.Min >= limit)
                exhausted ??= cause;
            else if (count.Max is null || count.Max >= limit)
                open ??= cause;
        }

        return new BudgetReport
        {
            State = exhausted is not null ? BudgetState.Exhausted : open is not null ? BudgetState.Indeterminate : BudgetState.Available,
            Cause = exhausted ?? open,
            Limits = _limits,
            Spent = spent,
            SpentOnCompletion = completion,
            Turns = _turns,
            Context = _last.Context,
            Remaining = Tightest(Left(_limits.Total, spent), Left(_limits.Completion, completion), Left(_limits.ContextWindow, _last.Context)),
            Missing = [.. _openTurns.Where(IsOpen).Select(turn => turn.Missing!.Value).Distinct()],
        };
    }

    // A turn whose total was settled may still hide how much of it was completion.
    private bool IsOpen(TurnCost turn) => !turn.Total.IsExact || (_limits.Completion is not null && !turn.Completion.IsExact);

    internal static TokenCount? Left(long? limit, TokenCount spent) => limit is { } most
        ? TokenCount.Between(spent.Max is { } max ? Math.Max(0, most - max) : 0, Math.Max(0, most - spent.Min))
        : null;

    private static TokenCount? Tightest(params TokenCount?[] counts)
    {
        TokenCount? tightest = null;
        foreach (TokenCount? count in counts)
        {
            if (count is { } known)
                tightest = tightest is { } t ? TokenCount.Between(Math.Min(t.Min, known.Min), Math.Min(t.Max!.Value, known.Max!.Value)) : known;
        }

        return tightest;
    }

    private static void ThrowIfBelowOne(long? limit, string name, string parameter)
    {
        if (limit < 1)
            throw new ArgumentOutOfRangeException(parameter, limit, $"{name} must be at least 1, or null for no limit.");
    }
}

namespace VllmAdapter;

/// <summary>Tracks what a run of turns has spent, and says whether it may go on. It never infers exhaustion from absence.</summary>
/// <remarks>Thread-safe; one instance serves a run, however many turns and parallel streams it has.</remarks>
/// <example>
/// <code>
/// var budget = new TokenBudget(new TokenLimits { Total = 20_000 });
/// BudgetReport report = budget.Record(stream.Outcome);
/// if (report.State == BudgetState.Exhausted) return;
/// </code>
/// </example>
public sealed class TokenBudget
{
    private readonly object _gate = new();
    private readonly TokenLimits _limits;
    private readonly List<TurnCost> _openTurns = [];
    private TokenCount _spent = TokenCount.Exactly(0);
    private TokenCount _spentOnCompletion = TokenCount.Exactly(0);
    private TokenCount _context = TokenCount.Exactly(0);
    private int _turns;

    /// <summary>Starts a run.</summary>
    /// <param name="limits">What it may spend.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is below 1.</exception>
    public TokenBudget(TokenLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ThrowIfBelowOne(limits.Total, nameof(limits.Total));
        ThrowIfBelowOne(limits.Completion, nameof(limits.Completion));
        ThrowIfBelowOne(limits.Turns, nameof(limits.Turns));
        ThrowIfBelowOne(limits.ContextWindow, nameof(limits.ContextWindow));
        _limits = limits;
    }

    /// <summary>What the run may spend.</summary>
    public TokenLimits Limits => _limits;

    /// <summary>Prompt and completion tokens of all recorded turns.</summary>
    public TokenCount Spent
    {
        get
        {
            lock (_gate)
                return Total(_spent, turn => turn.Total);
        }
    }

    /// <summary>Adds a turn: exactly if its final usage came, as an interval if only part of it did, as an open interval if nothing came.</summary>
    /// <param name="outcome">How the turn ended.</param>
    /// <returns>Whether the run may go on.</returns>
    public BudgetReport Record(StreamOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var turn = TurnCost.Of(outcome);
        lock (_gate)
        {
            _turns++;
            _context = turn.Total;
            if (turn.Missing is null)
                Settle(turn);
            else
                _openTurns.Add(turn);

            return Report();
        }
    }

    /// <summary>Settles the most recent turn whose count is open, for example with a count from <c>/tokenize</c>.</summary>
    /// <param name="exact">All tokens of that turn, prompt and completion. Counts that the server has shown already are not undercut.</param>
    /// <returns>Whether the run may go on.</returns>
    /// <exception cref="InvalidOperationException">Every turn is settled.</exception>
    public BudgetReport Resolve(TokenCount exact)
    {
        lock (_gate)
        {
            if (_openTurns.Count == 0)
                throw new InvalidOperationException("Every recorded turn has an exact count; there is nothing to resolve.");

            TurnCost open = _openTurns[^1];
            _openTurns.RemoveAt(_openTurns.Count - 1);
            TokenCount total = AtLeast(exact, open.Total.Min);
            _spent += total;
            _spentOnCompletion += Less(total, open.Prompt);
            _context = total;
            return Report();
        }
    }

    /// <summary>Says whether the run may go on.</summary>
    public BudgetReport Check()
    {
        lock (_gate)
            return Report();
    }

    /// <summary>Whether a stream that has used so much up to now has spent the rest.</summary>
    internal bool IsSpentBy(TokenUsage? usage)
    {
        lock (_gate)
        {
            long running = usage?.CompletionTokens ?? 0;
            return Total(_spent, turn => turn.Total).Min + (usage?.TotalTokens ?? 0) >= _limits.Total
                || Total(_spentOnCompletion, turn => turn.Completion).Min + running >= _limits.Completion;
        }
    }

    private void Settle(TurnCost turn)
    {
        _spent += turn.Total;
        _spentOnCompletion += turn.Completion;
    }

    private BudgetReport Report()
    {
        TokenCount spent = Total(_spent, turn => turn.Total);
        TokenCount completion = Total(_spentOnCompletion, turn => turn.Completion);
        (BudgetCause Cause, TokenCount Count, long? Limit)[] limits =
        [
            (BudgetCause.Turns, TokenCount.Exactly(_turns), _limits.Turns),
            (BudgetCause.Total, spent, _limits.Total),
            (BudgetCause.Completion, completion, _limits.Completion),
            (BudgetCause.ContextWindow, _context, _limits.ContextWindow),
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
            Spent = spent,
            SpentOnCompletion = completion,
            Remaining = Tightest(Left(_limits.Total, spent), Left(_limits.Completion, completion), Left(_limits.ContextWindow, _context)),
            Missing = [.. _openTurns.Select(turn => turn.Missing!.Value).Distinct()],
        };
    }

    private TokenCount Total(TokenCount settled, Func<TurnCost, TokenCount> part)
    {
        foreach (TurnCost turn in _openTurns)
            settled += part(turn);

        return settled;
    }

    private static TokenCount? Left(long? limit, TokenCount spent) => limit is { } most
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

    private static TokenCount AtLeast(TokenCount count, long least) => count.Max is { } max
        ? TokenCount.Between(Math.Max(count.Min, least), Math.Max(max, least))
        : TokenCount.AtLeast(Math.Max(count.Min, least));

    private static TokenCount Less(TokenCount total, TokenCount prompt)
    {
        long least = prompt.Max is { } most ? Math.Max(0, total.Min - most) : 0;
        return total.Max is { } max ? TokenCount.Between(least, Math.Max(least, max - prompt.Min)) : TokenCount.AtLeast(least);
    }

    private static void ThrowIfBelowOne(long? limit, string name)
    {
        if (limit < 1)
            throw new ArgumentOutOfRangeException(name, limit, $"{name} must be at least 1, or null for no limit.");
    }
}

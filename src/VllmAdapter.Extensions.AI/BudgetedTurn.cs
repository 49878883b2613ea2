using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>One request under a budget: whether it may be sent, how much may be asked for, and what it has cost.</summary>
internal sealed class BudgetedTurn(TokenBudget budget, PromptFloors floors, IReadOnlyList<ChatMessage> prompt, ChatOptions? asked)
{
    private StreamOutcome? _outcome;
    private int? _limit;
    private bool _wasRefused;

    /// <summary>The options, with no more output tokens than are left.</summary>
    public ChatOptions? Options
    {
        get
        {
            if (_limit is null)
                return asked;

            ChatOptions limited = asked?.Clone() ?? new ChatOptions();
            limited.MaxOutputTokens = _limit;
            return limited;
        }
    }

    /// <summary>Asks the budget.</summary>
    /// <param name="counted">The tokens of the prompt, as far as they were counted.</param>
    /// <returns>Why the turn must not be had; null if it may.</returns>
    public BudgetReport? Check(TokenCount counted)
    {
        BudgetReport report = budget.Check(counted.IsExact ? counted : Least(counted, floors.LeastOf(prompt, asked)));
        if (report.State is BudgetState.Exhausted or BudgetState.Insufficient)
            return report;

        // The context window is the server's to keep: it knows the prompt better.
        long? room = report.Limits is { Total: null, Completion: null } ? null
            : (report with { Limits = report.Limits with { ContextWindow = null } }).RoomForAnswer;
        if (room is <= int.MaxValue and var left && !(asked?.MaxOutputTokens <= left))
            _limit = (int)left;

        return null;
    }

    /// <summary>
    /// Whether the server refused the turn for the output tokens that were set here: then the window is the tighter limit. vLLM refuses max tokens that do
    /// not fit beside the prompt, or did until 0.32.
    /// </summary>
    public bool IsToBlameFor(VllmRequestException refused)
    {
        bool isToBlame = _limit is not null && refused.Failure == RequestFailure.ContextWindowExceeded;
        _limit = null;
        return isToBlame;
    }

    /// <summary>Nothing was generated.</summary>
    public void WasRefused() => _wasRefused = true;

    /// <summary>Takes over how it ended.</summary>
    public void Ended(StreamOutcome? outcome) => _outcome = outcome ?? _outcome;

    /// <summary>Writes down what it cost; as unknown, if it was given up or came from a client that does not say.</summary>
    public void Record()
    {
        if (_wasRefused)
            return;

        if (_outcome is not null)
            floors.Learn(prompt, asked, _outcome);

        budget.Record(_outcome ?? new StreamOutcome { Verdict = StreamVerdict.Canceled });
    }

    private static TokenCount Least(TokenCount one, TokenCount other) => TokenCount.AtLeast(Math.Max(one.Min, other.Min));
}

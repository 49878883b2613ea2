namespace VllmAdapter.Agents;

/// <summary>Keeps the history of one run within the context window. The history itself stays whole: only what is sent is shorter.</summary>
/// <param name="plan">Plans a turn; null if nothing is ever left out.</param>
/// <param name="start">The request that the run began with.</param>
internal sealed class HistoryWindow(Func<ChatRequest, CancellationToken, Task<RequestPlan>>? plan, ChatRequest start)
{
    // Each is a question to the server; the first hits as a rule.
    private const int MostRounds = 8;

    private readonly SortedSet<int> _leftOut = [];
    private readonly int _question = LastOfUser(start.Messages);
    private long _sentWeight;
    private double? _tokensByWeight;

    public IReadOnlyList<VllmMessage> LeftOut(ChatRequest whole) => [.. _leftOut.Select(at => whole.Messages[at])];

    /// <summary>The messages that are sent.</summary>
    public IReadOnlyList<VllmMessage> Of(IReadOnlyList<VllmMessage> messages) =>
        _leftOut.Count == 0 ? messages : [.. messages.Where((_, at) => !_leftOut.Contains(at))];

    /// <summary>Leaves out what does not fit, and tells what that was; null if everything fits, or that is not known.</summary>
    /// <param name="whole">The request with the whole history.</param>
    /// <param name="next">The request that would be sent now.</param>
    /// <param name="cancellationToken">Ends the planning.</param>
    public async ValueTask<HistoryTrimmed?> FitAsync(ChatRequest whole, Func<ChatRequest> next, CancellationToken cancellationToken)
    {
        if (plan is null)
            return null;

        List<VllmMessage> leftOut = [];
        RequestPlan? planned = null;
        for (int round = 0; round < MostRounds; round++)
        {
            planned = await PlanOrNullAsync(next(), cancellationToken).ConfigureAwait(false);
            if (planned is null || Excess(planned, whole.Messages) is not { } excess)
                break;

            int before = leftOut.Count;
            leftOut.AddRange(LeaveOut(whole.Messages, excess.Prompt, excess.TooMuch));
            if (leftOut.Count == before)
                break;
        }

        return leftOut.Count == 0 ? null : new HistoryTrimmed(leftOut, planned);
    }

    /// <summary>The request goes out.</summary>
    public void Sent(ChatRequest request) => _sentWeight = request.Messages.Sum(HistoryBlocks.WeightOf);

    /// <summary>Its turn is over: the server's own count tells how long the next prompt will be, where nobody counts it.</summary>
    public void Ended(StreamOutcome turn)
    {
        if (turn.Usage is { PromptTokens: > 0 } usage && _sentWeight > 0 && turn.Notes.All(note => note.Kind != OutcomeNoteKind.Recovered))
            _tokensByWeight = (double)usage.PromptTokens / _sentWeight;
    }

    // A server that cannot plan is no reason to end the run.
    private async ValueTask<RequestPlan?> PlanOrNullAsync(ChatRequest next, CancellationToken cancellationToken)
    {
        try
        {
            return await plan!(next, cancellationToken).ConfigureAwait(false);
        }
        catch (VllmRequestException)
        {
            return null;
        }
    }

    // By how many tokens the prompt is too long, with a margin so that it is not trimmed again each turn: a prompt that only grows is cached by the server.
    private (long Prompt, long TooMuch)? Excess(RequestPlan planned, IReadOnlyList<VllmMessage> messages)
    {
        if (planned.ContextWindow is not { } window)
            return null;

        long? guessed = _tokensByWeight is { } ratio ? (long)(ratio * Of(messages).Sum(HistoryBlocks.WeightOf)) : null;
        long? prompt = planned is { PromptTokens: { } counted, PromptIsLowerBound: false } ? counted
            : guessed is null ? planned.PromptTokens
            : Math.Max(guessed.Value, planned.PromptTokens ?? 0);
        long limit = window - Math.Min(planned.RequestedMaxTokens ?? window / 4, window / 2);
        if (prompt is not { } tokens || tokens <= limit)
            return null;

        return (tokens, tokens - (limit - (limit / 4)));
    }

    private List<VllmMessage> LeaveOut(IReadOnlyList<VllmMessage> messages, long prompt, long tooMuch)
    {
        double tokensByWeight = (double)prompt / Math.Max(1, Of(messages).Sum(HistoryBlocks.WeightOf));
        List<VllmMessage> leftOut = [];
        double freed = 0;
        foreach (IReadOnlyList<int> block in HistoryBlocks.Removable(messages, _question).Where(block => !_leftOut.Contains(block[0])))
        {
            if (freed >= tooMuch)
                break;

            foreach (int at in block)
            {
                _leftOut.Add(at);
                leftOut.Add(messages[at]);
                freed += HistoryBlocks.WeightOf(messages[at]) * tokensByWeight;
            }
        }

        return leftOut;
    }

    private static int LastOfUser(IReadOnlyList<VllmMessage> messages)
    {
        for (int i = messages.Count - 1; i >= 0; i--)
        {
            if (messages[i] is UserMessage)
                return i;
        }

        return -1;
    }
}

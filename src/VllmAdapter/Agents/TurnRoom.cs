namespace VllmAdapter.Agents;

/// <summary>Keeps the turns of a run within its budget: none is asked for more tokens than are left, and each prompt is known at least in part.</summary>
internal sealed class TurnRoom
{
    private BudgetReport? _facing;
    private int? _window;
    private bool _wasRefused;

    /// <summary>The tokens that the next prompt has at least; 0 while nothing is known of it.</summary>
    public long LeastPrompt { get; private set; }

    /// <summary>Whether the turn under way was asked for less than its request allows.</summary>
    public bool IsLimiting { get; private set; }

    /// <summary>The prompt was counted by the server. A turn put together from several requests counts several prompts.</summary>
    public void Took(StreamOutcome turn)
    {
        if (IsCountOfOneRequest(turn) && turn.Usage is { PromptTokens: > 0 } usage)
            LeastPrompt = usage.PromptTokens;

        _window = turn.Evidence.Request.ContextWindow ?? _window;
    }

    /// <summary>The turn is in the history: the next prompt has its answer too.</summary>
    /// <param name="turn">How it ended.</param>
    /// <param name="isWhole">Whether all that was generated went into the history.</param>
    public void Kept(StreamOutcome turn, bool isWhole)
    {
        if (isWhole && IsCountOfOneRequest(turn) && turn.Usage is { PromptTokens: > 0 } && TokenRoom.IsCredible(turn.Evidence))
            LeastPrompt += AnswerOf(turn);
    }

    /// <summary>Something of the history was left out: how long the next prompt is, is not known any more.</summary>
    public void Shortened() => LeastPrompt = 0;

    /// <summary>What the next prompt has: by its count if that is exact, and otherwise at least what is known.</summary>
    public TokenCount PromptBy(TokenCount counted) => counted.IsExact ? counted : TokenCount.AtLeast(Math.Max(counted.Min, LeastPrompt));

    /// <summary>The budget's answer about the turn that comes next.</summary>
    public void Is(BudgetReport facing) => _facing = facing;

    /// <summary>The request with no more max tokens than are left.</summary>
    public ChatRequest Limit(ChatRequest request)
    {
        int? asked = RequestMaxTokens.Of(request);
        IsLimiting = Room is { } room && (asked is null ? !IsWindowTighter(room) : asked > room);
        return IsLimiting ? RequestMaxTokens.Set(request, (int)Room!) : request;
    }

    /// <summary>
    /// Whether the server refused the turn for the max tokens set here: then the window is the tighter limit, and the server keeps it by itself.
    /// vLLM refuses max tokens that do not fit beside the prompt, or did until 0.32.
    /// </summary>
    public bool IsToBlameFor(VllmRequestException refused)
    {
        if (!IsLimiting || _wasRefused || refused.Failure != RequestFailure.ContextWindowExceeded)
            return false;

        (_wasRefused, IsLimiting) = (true, false);
        return true;
    }

    // The context window is the server's to keep: it knows the prompt better.
    private long? Room => _facing is { Limits.Total: null, Limits.Completion: null } or null ? null
        : (_facing with { Limits = _facing.Limits with { ContextWindow = null } }).RoomForAnswer is { } room and <= int.MaxValue ? room : null;

    private bool IsWindowTighter(long room) => _wasRefused || LeastPrompt + room >= (_window ?? _facing?.Limits.ContextWindow);

    // Most templates leave past thoughts out, even where they are sent.
    private static int AnswerOf(StreamOutcome turn) => (turn.Received.Any(choice => choice.Reasoning.Length > 0), turn.Usage!.Details?.ReasoningTokens) switch
    {
        (false, _) => turn.Usage.CompletionTokens,
        (true, { } thoughts) => Math.Max(0, turn.Usage.CompletionTokens - thoughts),
        _ => 0,
    };

    private static bool IsCountOfOneRequest(StreamOutcome turn) => turn.Parts.Count == 0 && turn.Notes.All(note => note.Kind != OutcomeNoteKind.Recovered);
}

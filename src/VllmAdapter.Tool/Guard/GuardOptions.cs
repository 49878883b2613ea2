namespace VllmAdapter.Tool.Guard;

/// <summary>What a guard does where it has a choice, and its limits.</summary>
internal sealed record GuardOptions
{
    /// <summary>How an answer ends that a token limit cut.</summary>
    public CutEnding OnCut { get; init; } = CutEnding.Length;

    /// <summary>Whether the last chunk of an answer says how it ended (the field <c>vllm_adapter</c>).</summary>
    public bool Explain { get; init; } = true;

    /// <summary>
    /// Whether a chat that streams and has tools is asked for whole, and handed on as a stream: where the server's streaming parser loses calls that the whole reply has
    /// (<c>vllm-adapter check</c> tells: <c>stream-loses-calls</c> and others). The client then waits for the whole answer before its first word.
    /// </summary>
    public bool AskWhole { get; init; }

    /// <summary>How often a comment keeps the connection warm while a whole answer is waited for.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many times a request is sent at most, before its answer begins: where there are several back ends, each time to another one.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>The largest request that is taken; it is held in memory while it is answered.</summary>
    public int MaxRequestBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The largest event, or whole reply, that is taken from a back end.</summary>
    public int MaxEventBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>The most that is taken of one reply.</summary>
    public long MaxReplyBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>The longest wait for the first chunk: queueing and prefill.</summary>
    public TimeSpan FirstChunk { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest wait from one chunk to the next.</summary>
    public TimeSpan BetweenChunks { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The longest time for a whole answer; null for none.</summary>
    public TimeSpan? Total { get; init; }

    /// <summary>How many answers may be under way at once; further requests are refused with 503. Null for any number.</summary>
    public int? MaxAnswers { get; init; }

    /// <summary>What is wrong with them, as a sentence; null if nothing is.</summary>
    public string? Fault => this switch
    {
        _ when !Enum.IsDefined(OnCut) => "Guard:OnCut must be length or error.",
        { MaxAttempts: < 1 } => "Guard:MaxAttempts must be at least 1.",
        { MaxRequestBytes: < 1 } => "Guard:MaxRequestBytes must be at least 1.",
        { MaxEventBytes: < 1024 } => "Guard:MaxEventBytes must be at least 1,024.",
        { MaxReplyBytes: < 1024 } => "Guard:MaxReplyBytes must be at least 1,024.",
        { MaxAnswers: < 1 } => "Guard:MaxAnswers must be at least 1.",
        _ when !IsLimit(FirstChunk) => "Guard:FirstChunk must be a time above zero and at most 24 days, such as 00:05:00.",
        _ when !IsLimit(BetweenChunks) => "Guard:BetweenChunks must be a time above zero and at most 24 days, such as 00:02:00.",
        _ when !IsLimit(KeepAlive) => "Guard:KeepAlive must be a time above zero and at most 24 days, such as 00:00:10.",
        { Total: { } total } when !IsLimit(total) => "Guard:Total must be a time above zero and at most 24 days, such as 00:30:00.",
        _ => null,
    };

    /// <summary>The adapter's options for a request: it counts the same waits, and reports every end instead of throwing.</summary>
    public VllmAdapterOptions ToAdapterOptions(Uri endpoint, string? apiKey, int? contextWindow) => new()
    {
        Endpoint = endpoint,
        ApiKey = apiKey,
        ContextWindow = contextWindow,
        LearnContextWindow = contextWindow is null,
        MaxEventBytes = MaxEventBytes,
        MaxReplyBytes = MaxReplyBytes,
        OnIncompleteStream = IncompleteStreamBehavior.Report,
        UsageReporting = UsageReporting.Final,
        TimeLimits = new TimeLimits { Headers = FirstChunk, FirstChunk = FirstChunk, BetweenChunks = BetweenChunks, Total = Total },

        // Somebody waits in front of the guard, with retries of its own.
        Resilience = new ResilienceOptions { MaxAttempts = MaxAttempts, BaseDelay = TimeSpan.FromSeconds(0.1), MaxDelay = TimeSpan.FromSeconds(2) },
    };

    private static bool IsLimit(TimeSpan time) => time > TimeSpan.Zero && time <= TimeSpan.FromDays(24);
}

/// <summary>How an answer ends that a token limit cut.</summary>
internal enum CutEnding
{
    /// <summary>With the finish reason <c>length</c>. Six of seven measured clients take such an answer for a whole one.</summary>
    Length = 1,

    /// <summary>With an error event, and a body that breaks off.</summary>
    Error,
}

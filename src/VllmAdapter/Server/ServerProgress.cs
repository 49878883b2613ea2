namespace VllmAdapter.Server;

/// <summary>What a server did between two snapshots of its metrics.</summary>
/// <remarks>
/// What cannot be said is null, never zero: a metric that the server does not report, and everything if it was restarted in between, for then its
/// counters begin again.
/// </remarks>
public sealed record ServerProgress
{
    private readonly ServerMetrics _earlier;
    private readonly ServerMetrics _later;

    internal ServerProgress(ServerMetrics earlier, ServerMetrics later)
    {
        (_earlier, _later) = (earlier, later);
        WasRestarted = Falls(earlier.PromptTokens, later.PromptTokens)
            || Falls(earlier.GenerationTokens, later.GenerationTokens)
            || Falls(earlier.EngineSteps, later.EngineSteps)
            || Falls(Finished(earlier), Finished(later));
        PromptTokens = Between(earlier.PromptTokens, later.PromptTokens);
        GenerationTokens = Between(earlier.GenerationTokens, later.GenerationTokens);
        FinishedRequests = Between(Finished(earlier), Finished(later));
        Activity = Judge();
    }

    /// <summary>Whether the counters began again: the server, or an engine of it, was restarted.</summary>
    public bool WasRestarted { get; }

    /// <summary>Tokens of prompts that were processed.</summary>
    public long? PromptTokens { get; }

    /// <summary>Tokens that were written.</summary>
    public long? GenerationTokens { get; }

    /// <summary>Requests that ended, for any finish reason; not those whose client hung up.</summary>
    public long? FinishedRequests { get; }

    /// <summary>What the engine is doing; null if the metrics do not say.</summary>
    public ServerActivity? Activity { get; }

    /// <summary>The time from a request's arrival at the server to its first token, of the requests of this span.</summary>
    /// <value>Null if there were none, or the server does not report it.</value>
    public LatencyPercentiles? TimeToFirstToken => Latency("vllm:time_to_first_token_seconds");

    /// <summary>The time from one token of an answer to the next.</summary>
    /// <value>Null if there were none, or the server does not report it. (It is <c>time_per_output_token_seconds</c> on vLLM 0.8.5, and also on 0.11.)</value>
    public LatencyPercentiles? BetweenTokens => Latency("vllm:inter_token_latency_seconds") ?? Latency("vllm:time_per_output_token_seconds");

    // Strongest evidence first. An engine that sleeps says so itself on newer servers, and may have requests waiting.
    private ServerActivity? Judge() => (_later.IsAsleep, _later.Running, _later.Waiting) switch
    {
        (true, _, _) => ServerActivity.Sleeping,
        _ when WasRestarted => null,
        _ when Moved(PromptTokens) || Moved(GenerationTokens) || Moved(FinishedRequests) || Moved(Between(_earlier.EngineSteps, _later.EngineSteps)) => ServerActivity.Working,
        (_, null, _) or (_, _, null) => null,
        (_, 0, 0) => ServerActivity.Idle,
        _ when PromptTokens is null && GenerationTokens is null => null,

        // A request that came between the two snapshots had no time yet.
        _ => _earlier.Running > 0 || _earlier.Waiting > 0 ? ServerActivity.Stuck : null,
    };

    private LatencyPercentiles? Latency(string name) => WasRestarted ? null : LatencyPercentiles.Between(_earlier, _later, name);

    private long? Between(long? earlier, long? later) => WasRestarted || earlier is null || later is null ? null : later - earlier;

    private static bool Moved(long? delta) => delta > 0;

    private static bool Falls(long? earlier, long? later) => later < earlier;

    private static long? Finished(ServerMetrics metrics) => metrics.FinishedRequests is { Count: > 0 } byReason ? byReason.Values.Sum() : null;
}

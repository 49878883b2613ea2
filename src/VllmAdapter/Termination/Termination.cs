namespace VllmAdapter;

/// <summary>The termination policies that come with the adapter, and how to combine them.</summary>
/// <remarks>All of them are immutable and may be shared between streams and threads.</remarks>
public static class Termination
{
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(2);

    /// <summary>What an adapter with the default <see cref="TimeLimits"/> uses: the sentinel, the finish reasons, or silence.</summary>
    /// <value>
    /// <see cref="FirstOf"/> of <see cref="OnSentinel"/>, <see cref="OnFinishReason"/> and <see cref="OnSilence"/> with their defaults. For limits of
    /// your own see <see cref="TimeLimits.ToPolicy"/>.
    /// </value>
    public static IStreamTerminationPolicy Default { get; } = FirstOf(OnSentinel(), OnFinishReason(), OnSilence());

    /// <summary>Stops a while after every choice has declared a finish reason.</summary>
    /// <param name="grace">
    /// How long to wait for usage, the sentinel and late deltas, counted from the finish; 2 seconds by default. It does not begin while
    /// nothing was delivered.
    /// </param>
    public static IStreamTerminationPolicy OnFinishReason(TimeSpan? grace = null) =>
        new FinishReasonPolicy(Limit(grace ?? DefaultGrace, nameof(grace)));

    /// <summary>Stops when the sentinel comes. vLLM sends it after errors and aborts too: it says that the body is over, not that all went well.</summary>
    /// <param name="sentinel">The text of the event that ends the stream.</param>
    public static IStreamTerminationPolicy OnSentinel(string sentinel = "[DONE]")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sentinel);
        return new SentinelPolicy(sentinel);
    }

    /// <summary>
    /// Stops when the server makes no progress for too long. Progress is text, reasoning, a piece of a call, token ids or a rising token
    /// count; keep-alive comments and empty chunks do not count.
    /// </summary>
    /// <remarks>
    /// vLLM sends its headers before it has computed anything, so the wait for the first chunk covers queueing and prefill; and its
    /// tool parsers may keep quiet for long while a call is being written.
    /// </remarks>
    /// <param name="beforeFirstChunk">Counted from the headers; 5 minutes by default.</param>
    /// <param name="betweenChunks">Counted from the last progress; 2 minutes by default. The consumer's own time never counts.</param>
    public static IStreamTerminationPolicy OnSilence(TimeSpan? beforeFirstChunk = null, TimeSpan? betweenChunks = null) =>
        new SilencePolicy(
            Limit(beforeFirstChunk ?? TimeLimits.DefaultFirstChunk, nameof(beforeFirstChunk)),
            Limit(betweenChunks ?? TimeLimits.DefaultBetweenChunks, nameof(betweenChunks)));

    /// <summary>Stops when the whole stream has taken too long, counted from sending the request.</summary>
    /// <param name="deadline">The time for the whole stream.</param>
    public static IStreamTerminationPolicy After(TimeSpan deadline) => new DeadlinePolicy(Limit(deadline, nameof(deadline)));

    /// <summary>Stops when the budget is spent, judged by the usage that came with the chunks (<see cref="UsageReporting.Continuous"/>).</summary>
    /// <param name="budget">The budget; the stream's own tokens are added to what it has recorded.</param>
    public static IStreamTerminationPolicy WhenExhausted(TokenBudget budget)
    {
        ArgumentNullException.ThrowIfNull(budget);
        return new BudgetPolicy(budget);
    }

    /// <summary>Stops as soon as one of the policies says so.</summary>
    /// <param name="policies">Asked in this order; the first that stops names the cause.</param>
    public static IStreamTerminationPolicy FirstOf(params IStreamTerminationPolicy[] policies) => new FirstOfPolicy(Checked(policies));

    /// <summary>Stops only when all of the policies say so at once.</summary>
    /// <param name="policies">The first one names the cause.</param>
    public static IStreamTerminationPolicy AllOf(params IStreamTerminationPolicy[] policies) => new AllOfPolicy(Checked(policies));

    private static IStreamTerminationPolicy[] Checked(IStreamTerminationPolicy[] policies)
    {
        ArgumentNullException.ThrowIfNull(policies);
        if (policies.Length == 0)
            throw new ArgumentException("Name at least one policy.", nameof(policies));

        foreach (IStreamTerminationPolicy policy in policies)
            ArgumentNullException.ThrowIfNull(policy, nameof(policies));

        return [.. policies];
    }

    private static TimeSpan Limit(TimeSpan value, string name)
    {
        if (value == Timeout.InfiniteTimeSpan)
            return TimeSpan.MaxValue;

        ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero, name);
        return value;
    }
}

using Polly;

namespace VllmAdapter;

/// <summary>How often and when a request is retried, as long as nothing of its answer was handed out.</summary>
/// <remarks>
/// Retried is what may succeed unchanged (<see cref="VllmRequestException.IsRetryable"/>): no connection, 429, 502, 503, 504, a dead
/// engine, the same reported by an error event that comes first in a 200, and a connection that breaks before the first event. After the first
/// event nothing is ever retried; see <see cref="ChatRequest.Recovery"/> for that.
/// </remarks>
public sealed class ResilienceOptions
{
    /// <summary>How many times a request is sent at most.</summary>
    /// <value>3 by default; 1 switches retries off.</value>
    public int MaxAttempts { get; set; } = 3;

    /// <summary>How long to wait before the second attempt, about: it varies at random, and doubles with every further attempt.</summary>
    /// <value>Half a second by default. A longer <c>Retry-After</c> of the server takes its place.</value>
    public TimeSpan BaseDelay { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest wait between two attempts. If the server asks for a longer one, the request fails at once instead.</summary>
    /// <value>30 seconds by default; at most a day, which <see cref="Timeout.InfiniteTimeSpan"/> stands for too.</value>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>When to stop sending for a while, because most attempts fail.</summary>
    /// <value>Null by default: never.</value>
    public CircuitBreakerOptions? CircuitBreaker { get; set; }

    /// <summary>Adds strategies around every single attempt, inside the retries: a rate limiter, say, of which each attempt takes a permit.</summary>
    /// <value>Null by default: none.</value>
    /// <remarks>
    /// <para>Called once, when the adapter is made. An attempt is "send, and read the first event"; what fails of it is a
    /// <see cref="VllmRequestException"/>. What a strategy rejects is not sent: it ends the request as <see cref="RequestFailure.NotSent"/>, so give a
    /// limiter a queue. The time spent in a queue counts against a total limit and ends with the caller's token.</para>
    /// <para>Not used where <see cref="VllmAdapterOptions.ResiliencePipeline"/> takes the place of these options.</para>
    /// </remarks>
    /// <example>
    /// <code>
    /// // With the package Polly.RateLimiting; adapters that share a limiter share its permits.
    /// options.Resilience.AroundEachAttempt = attempt => attempt.AddRateLimiter(new TokenBucketRateLimiter(new()
    /// {
    ///     TokenLimit = 25, TokensPerPeriod = 25, ReplenishmentPeriod = TimeSpan.FromSeconds(1), QueueLimit = 1_000,
    /// }));
    /// </code>
    /// </example>
    public Action<ResiliencePipelineBuilder>? AroundEachAttempt { get; set; }

    /// <summary>How many answers may be under way at once; further requests wait for their turn, in order.</summary>
    /// <value>Null by default: no limit.</value>
    /// <remarks>
    /// A request holds its slot from before its first attempt until its stream has ended, because that is how long the server works on it.
    /// The wait counts against a total time limit, and ends with the caller's token. A wait of 30 seconds is logged as a warning: a stream that is
    /// neither read to its end nor disposed holds its slot forever.
    /// </remarks>
    public int? MaxConcurrentStreams { get; set; }

    /// <summary>Whether a pipeline that was built for the other options does for these.</summary>
    internal bool HasPipelineOf(ResilienceOptions other) =>
        (MaxAttempts, BaseDelay, MaxDelay, Randomness) == (other.MaxAttempts, other.BaseDelay, other.MaxDelay, other.Randomness)
        && (CircuitBreaker?.Values == other.CircuitBreaker?.Values);

    internal ResilienceOptions Copy()
    {
        var copy = (ResilienceOptions)MemberwiseClone();
        copy.CircuitBreaker = CircuitBreaker?.Copy();
        return copy;
    }

    /// <summary>The longest wait in numbers: a pipeline knows none beyond a day.</summary>
    internal TimeSpan LongestDelay => MaxDelay == Timeout.InfiniteTimeSpan ? TimeSpan.FromDays(1) : MaxDelay;

    /// <summary>Gives numbers from 0 to 1 for the jitter; null for the usual source.</summary>
    internal Func<double>? Randomness { get; set; }
}

/// <summary>When the adapter stops sending for a while; meanwhile requests fail at once with <see cref="RequestFailure.NotSent"/>.</summary>
public sealed class CircuitBreakerOptions
{
    /// <summary>The part of the attempts that has to fail, above 0 and at most 1.</summary>
    /// <value>One half by default.</value>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>How many attempts there have to be within <see cref="SamplingDuration"/> before any are judged, at least 2.</summary>
    /// <value>10 by default.</value>
    public int MinimumThroughput { get; set; } = 10;

    /// <summary>The time over which attempts are counted, at least half a second.</summary>
    /// <value>30 seconds by default.</value>
    public TimeSpan SamplingDuration { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long nothing is sent; after that, one attempt decides whether to continue. At least half a second.</summary>
    /// <value>10 seconds by default.</value>
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(10);

    internal (double Ratio, int Throughput, TimeSpan Sampling, TimeSpan Break) Values => (FailureRatio, MinimumThroughput, SamplingDuration, BreakDuration);

    internal CircuitBreakerOptions Copy() => (CircuitBreakerOptions)MemberwiseClone();
}

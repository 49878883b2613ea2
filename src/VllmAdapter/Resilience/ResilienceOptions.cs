namespace VllmAdapter;

/// <summary>How often and when a request is tried again, as long as nothing of its answer was handed out.</summary>
/// <remarks>
/// Tried again is what may succeed unchanged (<see cref="VllmRequestException.IsRetryable"/>): no connection, 429, 502, 503, 504, a dead
/// engine, the same told by an error event that comes first in a 200, and a connection that breaks before the first event. After the first
/// event nothing is ever tried again; see <see cref="ChatRequest.Recovery"/> for that.
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
    /// <value>30 seconds by default.</value>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>When to stop sending for a while, because most attempts fail.</summary>
    /// <value>Null by default: never.</value>
    public CircuitBreakerOptions? CircuitBreaker { get; set; }

    /// <summary>How many answers may be under way at once; further requests wait for their turn, in order.</summary>
    /// <value>Null by default: no limit.</value>
    /// <remarks>
    /// A request holds its place from before its first attempt until its stream has ended, because that is how long the server works on it.
    /// The wait counts against a total time limit, and ends with the caller's token. A wait of 30 seconds is logged as a warning: a stream that is
    /// neither read to its end nor disposed holds its place for ever.
    /// </remarks>
    public int? MaxConcurrentStreams { get; set; }

    internal ResilienceOptions Copy()
    {
        var copy = (ResilienceOptions)MemberwiseClone();
        copy.CircuitBreaker = CircuitBreaker?.Copy();
        return copy;
    }

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

    /// <summary>How long nothing is sent; then one attempt decides whether to go on. At least half a second.</summary>
    /// <value>10 seconds by default.</value>
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(10);

    internal CircuitBreakerOptions Copy() => (CircuitBreakerOptions)MemberwiseClone();
}

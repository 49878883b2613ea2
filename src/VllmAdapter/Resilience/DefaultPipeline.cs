using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace VllmAdapter;

/// <summary>Builds the pipeline around "send, and read the first event" from the options: retries outside, the user's strategies around each attempt, the circuit breaker inside.</summary>
internal static class DefaultPipeline
{
    public static ResiliencePipeline Build(ResilienceOptions options, TimeProvider clock)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = clock };
        if (options.MaxAttempts > 1)
            builder.AddRetry(Retry(options));

        // Outside the breaker, to which a rejected attempt would look like one that succeeded.
        options.AroundEachAttempt?.Invoke(builder);

        if (options.CircuitBreaker is { } breaker)
            builder.AddCircuitBreaker(Breaker(breaker));

        return builder.Build();
    }

    private static RetryStrategyOptions Retry(ResilienceOptions options)
    {
        TimeSpan longest = options.LongestDelay;
        var retry = new RetryStrategyOptions
        {
            MaxRetryAttempts = options.MaxAttempts - 1,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = options.BaseDelay,
            MaxDelay = longest,
            ShouldHandle = arguments => ValueTask.FromResult(
                arguments.Outcome.Exception is VllmRequestException { IsRetryable: true, IsFinal: false } failure && !(failure.RetryAfter > longest)),
        };
        if (options.Randomness is { } randomness)
            retry.Randomizer = randomness;

        Func<double> random = retry.Randomizer;
        retry.DelayGenerator = arguments => ValueTask.FromResult<TimeSpan?>(
            arguments.Outcome.Exception is VllmRequestException { RetryAfter: { } wait } && wait > TimeSpan.Zero
                ? Asked(wait, options, arguments.AttemptNumber, random())
                : null);
        return retry;
    }

    // The server's wait, or our own where that is longer: "come back at once" must not become three requests within a moment.
    private static TimeSpan Asked(TimeSpan wait, ResilienceOptions options, int attempt, double random)
    {
        double backoff = options.BaseDelay.TotalSeconds * Math.Pow(2, attempt) * (0.5 + random);
        return TimeSpan.FromSeconds(Math.Min(Math.Max(wait.TotalSeconds, backoff), options.LongestDelay.TotalSeconds));
    }

    // A request that the server rightly refuses says nothing against the server. A trial that its caller canceled says nothing for it: the
    // circuit stays open, or one impatient caller would let all others through to a server that hangs.
    private static CircuitBreakerStrategyOptions Breaker(CircuitBreakerOptions options)
    {
        var state = new CircuitBreakerStateProvider();
        return new()
        {
            FailureRatio = options.FailureRatio,
            MinimumThroughput = options.MinimumThroughput,
            SamplingDuration = options.SamplingDuration,
            BreakDuration = options.BreakDuration,
            StateProvider = state,
            ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception switch
            {
                VllmRequestException failure => failure.IsRetryable,
                OperationCanceledException => state.CircuitState == CircuitState.HalfOpen,
                _ => false,
            }),
        };
    }
}

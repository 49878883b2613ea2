using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace VllmAdapter;

/// <summary>Builds the pipeline around "send, and read the first event" from the options: retries outside, the circuit breaker inside.</summary>
internal static class DefaultPipeline
{
    public static ResiliencePipeline Build(ResilienceOptions options, TimeProvider clock)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = clock };
        if (options.MaxAttempts > 1)
            builder.AddRetry(Retry(options));

        if (options.CircuitBreaker is { } breaker)
            builder.AddCircuitBreaker(Breaker(breaker));

        return builder.Build();
    }

    private static RetryStrategyOptions Retry(ResilienceOptions options)
    {
        TimeSpan longest = options.MaxDelay;
        var retry = new RetryStrategyOptions
        {
            MaxRetryAttempts = options.MaxAttempts - 1,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = options.BaseDelay,
            MaxDelay = longest,
            ShouldHandle = arguments => ValueTask.FromResult(
                arguments.Outcome.Exception is VllmRequestException { IsRetryable: true, IsFinal: false } failure && !(failure.RetryAfter > longest)),
            DelayGenerator = static arguments => ValueTask.FromResult((arguments.Outcome.Exception as VllmRequestException)?.RetryAfter),
        };
        if (options.Randomness is { } randomness)
            retry.Randomizer = randomness;

        return retry;
    }

    // A request that the server rightly refuses says nothing against the server.
    private static CircuitBreakerStrategyOptions Breaker(CircuitBreakerOptions options) => new()
    {
        FailureRatio = options.FailureRatio,
        MinimumThroughput = options.MinimumThroughput,
        SamplingDuration = options.SamplingDuration,
        BreakDuration = options.BreakDuration,
        ShouldHandle = static arguments => ValueTask.FromResult(arguments.Outcome.Exception is VllmRequestException { IsRetryable: true }),
    };
}

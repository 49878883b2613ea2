namespace VllmAdapter;

/// <summary>Checks what the options say of retries before anything is sent.</summary>
internal static class ResilienceOptionsValidation
{
    // The pipeline takes no longer times.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(0.5);

    public static IEnumerable<string> ProblemsOf(ResilienceOptions? options)
    {
        if (options is null)
        {
            yield return "Resilience must not be null. Set Resilience.MaxAttempts to 1 to switch retries off.";
            yield break;
        }

        if (options.MaxAttempts < 1)
            yield return $"Resilience.MaxAttempts must be at least 1, which means no retries, but is {options.MaxAttempts}.";

        if (options.BaseDelay < TimeSpan.Zero || options.BaseDelay > options.LongestDelay || options.LongestDelay > Longest)
        {
            yield return "Resilience.BaseDelay must lie between zero and Resilience.MaxDelay, and MaxDelay must be at most a day, "
                + $"but they are {options.BaseDelay} and {options.MaxDelay}.";
        }

        if (options.MaxConcurrentStreams < 1)
            yield return $"Resilience.MaxConcurrentStreams must be at least 1, or null for no limit, but is {options.MaxConcurrentStreams}.";

        foreach (string problem in ProblemsOf(options.CircuitBreaker))
            yield return problem;
    }

    private static IEnumerable<string> ProblemsOf(CircuitBreakerOptions? breaker)
    {
        if (breaker is null)
            yield break;

        if (breaker.FailureRatio is not (> 0 and <= 1))
            yield return FormattableString.Invariant($"Resilience.CircuitBreaker.FailureRatio must be above 0 and at most 1, but is {breaker.FailureRatio}.");

        if (breaker.MinimumThroughput < 2)
            yield return $"Resilience.CircuitBreaker.MinimumThroughput must be at least 2, but is {breaker.MinimumThroughput}.";

        (string Name, TimeSpan Value)[] times =
        [
            (nameof(breaker.SamplingDuration), breaker.SamplingDuration), (nameof(breaker.BreakDuration), breaker.BreakDuration),
        ];
        foreach ((string name, TimeSpan value) in times)
        {
            if (value < Shortest || value > Longest)
                yield return $"Resilience.CircuitBreaker.{name} must be between half a second and a day, but is {value}.";
        }
    }
}

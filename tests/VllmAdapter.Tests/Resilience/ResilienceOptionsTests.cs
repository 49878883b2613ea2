namespace VllmAdapter.Tests.Resilience;

public sealed class ResilienceOptionsTests
{
    public static TheoryData<string, Action<VllmAdapterOptions>> Unusable => new()
    {
        { "Resilience must not be null", options => options.Resilience = null! },
        { "Resilience.MaxAttempts", options => options.Resilience.MaxAttempts = 0 },
        { "Resilience.BaseDelay", options => options.Resilience.BaseDelay = TimeSpan.FromSeconds(-1) },
        { "Resilience.BaseDelay", options => options.Resilience.BaseDelay = TimeSpan.FromSeconds(31) },
        { "Resilience.MaxDelay", options => options.Resilience.MaxDelay = TimeSpan.FromDays(2) },
        { "Resilience.MaxConcurrentStreams", options => options.Resilience.MaxConcurrentStreams = 0 },
        { "Resilience.CircuitBreaker.FailureRatio", options => options.Resilience.CircuitBreaker = new() { FailureRatio = 0 } },
        { "Resilience.CircuitBreaker.FailureRatio", options => options.Resilience.CircuitBreaker = new() { FailureRatio = double.NaN } },
        { "Resilience.CircuitBreaker.FailureRatio", options => options.Resilience.CircuitBreaker = new() { FailureRatio = 1.1 } },
        { "Resilience.CircuitBreaker.MinimumThroughput", options => options.Resilience.CircuitBreaker = new() { MinimumThroughput = 1 } },
        { "Resilience.CircuitBreaker.SamplingDuration", options => options.Resilience.CircuitBreaker = new() { SamplingDuration = TimeSpan.Zero } },
        { "Resilience.CircuitBreaker.BreakDuration", options => options.Resilience.CircuitBreaker = new() { BreakDuration = TimeSpan.FromDays(2) } },
        { "TimeLimits.ServerCall", options => options.TimeLimits.ServerCall = TimeSpan.Zero },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public void What_cannot_be_used_is_named_before_anything_is_sent(string name, Action<VllmAdapterOptions> spoil)
    {
        var options = new VllmAdapterOptions();
        spoil(options);

        Action making = () => _ = new VllmInferenceAdapter(new Uri("http://vllm.test"), options);

        making.Should().Throw<ArgumentException>().WithMessage($"*{name}*");
    }

    [Fact]
    public void The_limits_themselves_can_be_used()
    {
        var options = new VllmAdapterOptions
        {
            Resilience =
            {
                MaxAttempts = 2,
                BaseDelay = TimeSpan.Zero,
                MaxDelay = TimeSpan.FromDays(1),
                MaxConcurrentStreams = 1,
                CircuitBreaker = new()
                {
                    FailureRatio = 1,
                    MinimumThroughput = 2,
                    SamplingDuration = TimeSpan.FromSeconds(0.5),
                    BreakDuration = TimeSpan.FromSeconds(0.5),
                },
            },
        };

        Action making = () => _ = new VllmInferenceAdapter(new Uri("http://vllm.test"), options);

        making.Should().NotThrow();
    }
}

using System.Net;
using Polly;

namespace VllmAdapter.Tests.Resilience;

public sealed class DefaultPipelineTests
{
    private static readonly VllmRequestException Unavailable = VllmRequestException.For(new() { Status = HttpStatusCode.ServiceUnavailable });

    [Fact]
    public async Task Waits_grow_and_stay_below_the_longest()
    {
        IReadOnlyList<TimeSpan> waits = await WaitsAsync(new() { MaxAttempts = 12, MaxDelay = TimeSpan.FromSeconds(10), Randomness = () => 0.5 });

        waits.Should().HaveCount(11).And.BeInAscendingOrder();
        waits[0].Should().BeGreaterThan(TimeSpan.Zero).And.BeLessThan(TimeSpan.FromSeconds(1.5));
        waits[^1].Should().Be(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Waits_vary_with_the_injected_randomness()
    {
        IReadOnlyList<TimeSpan> low = await WaitsAsync(new() { Randomness = () => 0.1 });
        IReadOnlyList<TimeSpan> high = await WaitsAsync(new() { Randomness = () => 0.9 });
        IReadOnlyList<TimeSpan> again = await WaitsAsync(new() { Randomness = () => 0.9 });

        low.Should().HaveCount(2).And.NotIntersectWith(high);
        again.Should().Equal(high);
    }

    /// <summary>What the server asks for; the waits between four attempts, in seconds, where chance has no say.</summary>
    public static TheoryData<double, double[]> Asked => new()
    {
        { 7, [7, 7, 7] },
        { 3, [3, 3, 4] },
        { 0, [1, 2, 4] },
        { 0.001, [1, 2, 4] },
        { 10, [10, 10, 10] },
        { 11, [] },
    };

    [Theory]
    [MemberData(nameof(Asked))]
    public async Task The_servers_wait_or_our_own_whichever_is_longer(double asked, double[] waits)
    {
        var options = new ResilienceOptions
        {
            MaxAttempts = 4,
            BaseDelay = TimeSpan.FromSeconds(1),
            MaxDelay = TimeSpan.FromSeconds(10),
            Randomness = () => 0.5,
        };

        IReadOnlyList<TimeSpan> waited = await WaitsAsync(options, TimeSpan.FromSeconds(asked));

        if (asked > 0)
            waited.Select(wait => wait.TotalSeconds).Should().Equal(waits);
        else
            waited.Should().HaveCount(waits.Length).And.OnlyContain(wait => wait > TimeSpan.FromSeconds(0.1), "three requests at once help nobody");
    }

    [Fact]
    public async Task Those_who_are_told_to_come_back_at_once_do_not_come_back_together()
    {
        IReadOnlyList<TimeSpan> low = await WaitsAsync(new() { Randomness = () => 0.1 }, TimeSpan.FromMilliseconds(1));
        IReadOnlyList<TimeSpan> high = await WaitsAsync(new() { Randomness = () => 0.9 }, TimeSpan.FromMilliseconds(1));

        low.Should().HaveCount(2).And.NotIntersectWith(high);
    }

    private static async Task<IReadOnlyList<TimeSpan>> WaitsAsync(ResilienceOptions options, TimeSpan? asked = null)
    {
        var clock = new HurriedClock();
        ResiliencePipeline pipeline = DefaultPipeline.Build(options, clock);
        VllmRequestException failure = asked is null
            ? Unavailable
            : VllmRequestException.For(new() { Status = HttpStatusCode.TooManyRequests, RetryAfter = asked });
        Func<Task> failing = () => pipeline.ExecuteAsync(_ => ValueTask.FromException(failure)).AsTask();

        await failing.Should().ThrowAsync<VllmRequestException>();
        return clock.Waits;
    }
}

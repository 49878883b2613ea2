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

    private static async Task<IReadOnlyList<TimeSpan>> WaitsAsync(ResilienceOptions options)
    {
        var clock = new HurriedClock();
        ResiliencePipeline pipeline = DefaultPipeline.Build(options, clock);
        Func<Task> failing = () => pipeline.ExecuteAsync(_ => ValueTask.FromException(Unavailable)).AsTask();

        await failing.Should().ThrowAsync<VllmRequestException>();
        return clock.Waits;
    }

    /// <summary>Puts down every wait and is over with it at once.</summary>
    private sealed class HurriedClock : TimeProvider
    {
        private readonly List<TimeSpan> _waits = [];

        public IReadOnlyList<TimeSpan> Waits => _waits;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime > TimeSpan.Zero)
                _waits.Add(dueTime);

            return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}

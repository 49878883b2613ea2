using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Streaming;

public sealed class SilenceWatchTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly CancellationTokenSource _hangUp = new();

    public void Dispose() => _hangUp.Dispose();

    [Fact]
    public async Task Silence_begins_anew_with_every_attempt_but_the_time_goes_on()
    {
        await using var watch = new SilenceWatch(VllmAdapter.Termination.OnSilence(TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(6)), _clock, _hangUp);
        StreamEvidence evidence = new();
        watch.Start(_clock.GetTimestamp());
        watch.Observe(new StreamEvidence());
        watch.BeginWait();
        _clock.Advance(TimeSpan.FromSeconds(5));
        watch.EndWait();
        watch.BeginWait(isSilence: false);
        _clock.Advance(TimeSpan.FromSeconds(20));
        watch.EndWait();
        watch.Observe(evidence);
        watch.BeginWait();
        _clock.Advance(TimeSpan.FromSeconds(5.9));
        _hangUp.IsCancellationRequested.Should().BeFalse();
        _clock.Advance(TimeSpan.FromSeconds(0.1));

        (watch.Stopped, evidence.SilentFor, evidence.Elapsed)
            .Should().Be((StopCause.FirstChunkTimeout, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(31)));
        _hangUp.IsCancellationRequested.Should().BeTrue();
    }

    [Theory]
    [InlineData(4.9, false)]
    [InlineData(5.0, true)]
    public async Task It_tells_beforehand_whether_a_wait_is_too_long(double wait, bool isTooLong)
    {
        await using var watch = new SilenceWatch(VllmAdapter.Termination.After(TimeSpan.FromSeconds(8)), _clock, _hangUp);
        StreamEvidence evidence = new();
        watch.Start(_clock.GetTimestamp());
        watch.Observe(evidence);
        _clock.Advance(TimeSpan.FromSeconds(3));

        watch.WouldStopWithin(TimeSpan.FromSeconds(wait)).Should().Be(isTooLong);

        (watch.Stopped, evidence.Elapsed).Should().Be((null, TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public async Task While_nothing_is_owed_only_the_limit_on_the_whole_sets_the_timer()
    {
        IStreamTerminationPolicy policy = VllmAdapter.Termination.FirstOf(
            VllmAdapter.Termination.OnSilence(TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(6)), VllmAdapter.Termination.After(TimeSpan.FromSeconds(20)));
        await using var watch = new SilenceWatch(policy, _clock, _hangUp);
        StreamEvidence evidence = new();
        watch.Start(_clock.GetTimestamp());
        watch.Observe(evidence);

        watch.BeginWait(isSilence: false);
        (_clock.UntilNextTimer, evidence.Elapsed).Should().Be((TimeSpan.FromSeconds(20), TimeSpan.Zero));
        watch.EndWait();
        watch.BeginWait();
        _clock.UntilNextTimer.Should().Be(TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task A_policy_that_lets_the_server_take_its_time_sets_no_timer()
    {
        await using var watch = new SilenceWatch(VllmAdapter.Termination.OnSentinel(), _clock, _hangUp);
        watch.Start(_clock.GetTimestamp());

        watch.BeginWait(isSilence: false);

        _clock.PendingTimers.Should().Be(0);
    }
}

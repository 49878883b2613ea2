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
}

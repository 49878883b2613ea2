using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Streaming;

public sealed class SilenceWatchTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task Silence_begins_anew_with_every_attempt_but_the_time_goes_on()
    {
        await using SilenceWatch watch = Started(out _);
        Wait(watch, 5);
        Wait(watch, 20, isOwed: false);
        watch.TurnTo(new Waiting(watch));
        watch.Owe();
        Wait(watch, 6);

        (watch.SilentFor, watch.ElapsedNow).Should().Be((6 * Second, 31 * Second));
    }

    [Fact]
    public async Task The_consumers_own_time_is_no_silence()
    {
        await using SilenceWatch watch = Started(out _);
        Wait(watch, 2);
        watch.Pause(isTimed: false);
        _clock.Advance(60 * Second);
        watch.Resume();
        Wait(watch, 3);

        watch.SilentFor.Should().Be(5 * Second);
    }

    [Fact]
    public async Task Between_two_chunks_that_are_no_progress_the_time_is_told_apart_to_the_letter()
    {
        await using SilenceWatch watch = Started(out _);
        _clock.Advance(2 * Second);
        watch.Pause(isTimed: true);
        _clock.Advance(60 * Second);
        watch.Resume();
        _clock.Advance(3 * Second);
        watch.CountTo(_clock.GetTimestamp());

        watch.SilentFor.Should().Be(5 * Second, "reading without waiting is the server's time as well: it floods");
    }

    [Fact]
    public async Task Progress_ends_the_silence_and_the_finish_goes_on_counting()
    {
        await using SilenceWatch watch = Started(out _);
        watch.SinceFinish.Should().BeNull();
        Wait(watch, 2);
        watch.Finished();
        Wait(watch, 1);
        watch.Progressed();
        watch.Finished();
        Wait(watch, 1);

        (watch.SilentFor, watch.SinceFinish).Should().Be((Second, 2 * Second));
    }

    [Fact]
    public async Task What_was_granted_is_over_when_it_is_over_and_not_when_the_consumer_took_its_time()
    {
        await using SilenceWatch watch = Started(out Waiting waiting);
        watch.BeginWait();
        waiting.Asked.Should().Be(1, "nothing was granted yet");
        watch.EndWait();
        watch.Grant(10 * Second);
        Wait(watch, 9);
        waiting.Asked.Should().Be(1);
        Wait(watch, 1);

        waiting.Asked.Should().Be(2);
    }

    [Fact]
    public async Task Nobody_is_asked_outside_of_a_wait()
    {
        await using SilenceWatch watch = Started(out Waiting waiting);
        watch.Grant(10 * Second);
        Wait(watch, 1);
        _clock.Advance(60 * Second);
        waiting.Asked.Should().Be(0);

        watch.BeginWait();
        waiting.Asked.Should().Be(1, "but at once when the next wait begins: a deadline counts the consumer's time");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public async Task A_policy_that_grants_nothing_is_asked_a_hundred_times_a_second_and_no_more(int seconds)
    {
        await using SilenceWatch watch = Started(out Waiting waiting);
        waiting.Grants = seconds * Second;
        watch.BeginWait();
        _clock.Advance(Second);

        waiting.Asked.Should().Be(101);
    }

    [Fact]
    public async Task Nothing_granted_sets_no_timer()
    {
        await using SilenceWatch watch = Started(out Waiting waiting);
        waiting.Grants = null;
        watch.BeginWait();

        _clock.PendingTimers.Should().Be(0);
    }

    [Fact]
    public async Task The_limit_on_what_has_to_come_holds_whatever_was_granted()
    {
        await using SilenceWatch watch = Started(out Waiting waiting);
        watch.Limit(3 * Second);
        watch.Grant(TimeSpan.FromHours(1));
        Wait(watch, 2);
        waiting.LimitsOver.Should().Be(0);
        Wait(watch, 1);
        waiting.LimitsOver.Should().Be(1);
        watch.Grant(TimeSpan.FromHours(1));
        Wait(watch, 60);

        (waiting.LimitsOver, waiting.Asked).Should().Be((1, 0));
    }

    [Fact]
    public async Task A_grant_longer_than_any_timer_is_kept_all_the_same()
    {
        await using SilenceWatch watch = Started(out Waiting waiting);
        watch.Grant(TimeSpan.FromDays(90));
        Wait(watch, TimeSpan.FromDays(89).TotalSeconds);
        waiting.Asked.Should().Be(0);
        Wait(watch, TimeSpan.FromDays(1).TotalSeconds);

        waiting.Asked.Should().Be(1);
    }

    [Theory]
    [InlineData(9, 0)]
    [InlineData(10, 1)]
    [InlineData(60, 1)]
    public async Task The_headers_have_a_limit_of_their_own_whatever_else_is_granted(int seconds, int timesOver)
    {
        await using SilenceWatch watch = Started(out Waiting waiting);
        watch.LimitHeaders(10 * Second);
        Wait(watch, seconds, isOwed: false);

        (waiting.HeadersOver, waiting.LimitsOver).Should().Be((timesOver, 0));
    }

    [Fact]
    public async Task Headers_that_came_have_no_limit_any_more()
    {
        await using SilenceWatch watch = Started(out Waiting waiting);
        watch.LimitHeaders(10 * Second);
        Wait(watch, 9, isOwed: false);
        watch.LimitHeaders(null);
        Wait(watch, 60);

        waiting.HeadersOver.Should().Be(0);
    }

    private SilenceWatch Started(out Waiting waiting)
    {
        var watch = new SilenceWatch(_clock);
        watch.Start(_clock.GetTimestamp());
        waiting = new Waiting(watch) { Grants = TimeSpan.FromHours(1) };
        watch.TurnTo(waiting);
        watch.Owe();
        return watch;
    }

    private void Wait(SilenceWatch watch, double seconds, bool isOwed = true)
    {
        watch.BeginWait(isOwed);
        _clock.Advance(seconds * Second);
        watch.EndWait();
        watch.CountToNow();
    }

    private sealed class Waiting(SilenceWatch watch) : SilenceWatch.IWaiting
    {
        public int Asked { get; private set; }

        public int LimitsOver { get; private set; }

        public int HeadersOver { get; private set; }

        public TimeSpan? Grants { get; set; }

        public bool OnGrantOver()
        {
            Asked++;
            watch.Grant(Grants);
            return true;
        }

        public void OnLimitOver() => LimitsOver++;

        public void OnHeadersOver() => HeadersOver++;
    }
}

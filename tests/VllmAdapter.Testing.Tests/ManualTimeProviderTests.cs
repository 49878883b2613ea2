using System.Runtime.CompilerServices;

namespace VllmAdapter.Testing.Tests;

public sealed class ManualTimeProviderTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly ManualTimeProvider _clock = new();
    private readonly List<string> _ran = [];

    [Fact]
    public void Time_stands_still_until_it_is_moved()
    {
        DateTimeOffset start = _clock.GetUtcNow();
        long from = _clock.GetTimestamp();

        _clock.Advance(TimeSpan.FromMinutes(90));

        (_clock.GetUtcNow() - start).Should().Be(TimeSpan.FromMinutes(90));
        _clock.GetElapsedTime(from).Should().Be(TimeSpan.FromMinutes(90));
    }

    [Fact]
    public void Time_does_not_go_back() =>
        _clock.Invoking(clock => clock.Advance(-Second)).Should().Throw<ArgumentOutOfRangeException>();

    [Fact]
    public void Timers_run_in_the_order_in_which_they_are_due_and_ties_in_the_order_in_which_they_were_armed()
    {
        Arm("third", 3 * Second);
        Arm("first", Second);
        Arm("second", 2 * Second);
        Arm("also second", 2 * Second);

        _clock.Advance(10 * Second);

        _ran.Should().Equal("first", "second", "also second", "third");
    }

    [Fact]
    public void A_callback_sees_the_instant_at_which_it_was_due()
    {
        long start = _clock.GetTimestamp();
        TimeSpan seen = default;
        _clock.CreateTimer(_ => seen = _clock.GetElapsedTime(start), null, 2 * Second, Timeout.InfiniteTimeSpan);

        _clock.Advance(5 * Second);

        seen.Should().Be(2 * Second);
    }

    [Fact]
    public void A_timer_that_is_not_due_yet_does_not_run()
    {
        Arm("late", 2 * Second);

        _clock.Advance(2 * Second - TimeSpan.FromTicks(1));

        _ran.Should().BeEmpty();
        _clock.PendingTimers.Should().Be(1);
        _clock.UntilNextTimer.Should().Be(TimeSpan.FromTicks(1));
    }

    [Fact]
    public void A_timer_armed_by_a_callback_runs_within_the_same_advance()
    {
        _clock.CreateTimer(_ => Arm("inner", Second), null, Second, Timeout.InfiniteTimeSpan);

        _clock.Advance(2 * Second);

        _ran.Should().Equal("inner");
    }

    [Fact]
    public void A_timer_changed_by_a_callback_runs_at_its_new_time_only()
    {
        ITimer moved = Arm("moved", 2 * Second);
        _clock.CreateTimer(_ => moved.Change(3 * Second, Timeout.InfiniteTimeSpan), null, Second, Timeout.InfiniteTimeSpan);

        _clock.Advance(3 * Second);
        _ran.Should().BeEmpty();

        _clock.Advance(Second);
        _ran.Should().Equal("moved");
    }

    [Fact]
    public void A_periodic_timer_runs_once_for_every_period()
    {
        _clock.CreateTimer(_ => _ran.Add("tick"), null, Second, 2 * Second);

        _clock.Advance(6 * Second);

        _ran.Should().HaveCount(3, "it is due after 1, 3 and 5 seconds");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_period_of_zero_or_infinity_means_once(int milliseconds)
    {
        _clock.CreateTimer(_ => _ran.Add("once"), null, Second, TimeSpan.FromMilliseconds(milliseconds));

        _clock.Advance(10 * Second);

        _ran.Should().ContainSingle();
        _clock.PendingTimers.Should().Be(0);
    }

    [Fact]
    public void A_timer_due_at_once_runs_at_once()
    {
        Arm("now", TimeSpan.Zero);

        _ran.Should().Equal("now");
    }

    [Fact]
    public void A_timer_due_at_once_inside_a_callback_does_not_pull_later_timers_forward()
    {
        _clock.CreateTimer(
            _ =>
            {
                Arm("now", TimeSpan.Zero);
                _ran.Add("outer");
            },
            null,
            Second,
            Timeout.InfiniteTimeSpan);
        Arm("later", 2 * Second);

        _clock.Advance(3 * Second);

        _ran.Should().Equal("now", "outer", "later");
    }

    [Fact]
    public void An_infinite_due_time_arms_nothing_until_it_is_changed()
    {
        ITimer timer = Arm("armed later", Timeout.InfiniteTimeSpan);
        _clock.PendingTimers.Should().Be(0);
        _clock.UntilNextTimer.Should().BeNull();

        timer.Change(Second, Timeout.InfiniteTimeSpan).Should().BeTrue();
        _clock.Advance(Second);

        _ran.Should().Equal("armed later");
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(4_294_967_295)]
    public void Times_out_of_the_range_of_a_timer_are_refused(long milliseconds)
    {
        TimeSpan impossible = TimeSpan.FromMilliseconds(milliseconds);
        ITimer timer = Arm("x", Second);

        timer.Invoking(it => it.Change(impossible, Second)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("dueTime");
        timer.Invoking(it => it.Change(Second, impossible)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("period");
    }

    [Fact]
    public void A_disposed_timer_neither_runs_nor_changes()
    {
        ITimer timer = Arm("never", Second);

        timer.Dispose();
        timer.Dispose();

        timer.Change(Second, Second).Should().BeFalse();
        _clock.PendingTimers.Should().Be(0);
        _clock.Advance(5 * Second);
        _ran.Should().BeEmpty();
    }

    [Fact]
    public async Task Disposing_asynchronously_waits_for_the_callback_that_is_running()
    {
        Task? disposed = null;
        ITimer? timer = null;
        timer = _clock.CreateTimer(
            _ =>
            {
                disposed = timer!.DisposeAsync().AsTask();
                disposed.IsCompleted.Should().BeFalse();
            },
            null,
            Second,
            Second);

        _clock.Advance(5 * Second);

        await disposed!;
        _clock.PendingTimers.Should().Be(0);
    }

    [Fact]
    public async Task Delays_and_timeouts_of_the_framework_go_by_this_clock()
    {
        Task delay = Task.Delay(30 * Second, _clock);
        using var timeout = new CancellationTokenSource(60 * Second, _clock);

        _clock.Advance(29 * Second);
        delay.IsCompleted.Should().BeFalse();
        _clock.Advance(Second);
        await delay;
        timeout.IsCancellationRequested.Should().BeFalse();
        _clock.Advance(30 * Second);
        timeout.IsCancellationRequested.Should().BeTrue();
    }

    [Fact]
    public void What_awaits_a_timer_goes_on_within_the_advance()
    {
        async Task WaitTwiceAsync()
        {
            await Task.Delay(Second, _clock).ConfigureAwait(false);
            await Task.Delay(Second, _clock).ConfigureAwait(false);
        }

        SynchronizationContext.SetSynchronizationContext(new SomeContext());
        Task twice = WaitTwiceAsync();

        _clock.Advance(2 * Second);

        twice.IsCompletedSuccessfully.Should().BeTrue();
        SynchronizationContext.Current.Should().NotBeNull("the context of the one who advances is as before");
    }

    [Fact]
    public async Task A_test_can_wait_until_somebody_has_armed_the_timer_it_is_about()
    {
        Task armed = _clock.WhenTimerArmedAsync(5 * Second);
        Arm("another", Second);
        armed.IsCompleted.Should().BeFalse();

        Task work = Task.Run(() => Task.Delay(5 * Second, _clock));
        await armed;
        _clock.Advance(5 * Second);

        await work;
    }

    [Fact]
    public async Task Waiting_for_a_timer_ends_at_once_when_one_is_armed_and_can_be_given_up()
    {
        using var impatient = new CancellationTokenSource();
        Task waiting = _clock.WhenTimerArmedAsync(impatient.Token);
        await impatient.CancelAsync();
        await waiting.Invoking(it => it).Should().ThrowAsync<OperationCanceledException>();

        Arm("x", Second);

        await _clock.WhenTimerArmedAsync();
        await _clock.WhenTimerArmedAsync(Second);
    }

    [Fact]
    public void Advancing_to_the_next_timer_runs_that_one_and_no_later_one()
    {
        Arm("near", 7 * Second);
        Arm("far", 8 * Second);

        _clock.AdvanceToNextTimer();

        _ran.Should().Equal("near");
        _clock.Invoking(it => new ManualTimeProvider().AdvanceToNextTimer()).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public async Task Advances_from_many_threads_add_up_and_run_every_timer_once()
    {
        int runs = 0;
        DateTimeOffset start = _clock.GetUtcNow();
        for (int i = 1; i <= 100; i++)
            _clock.CreateTimer(_ => Interlocked.Increment(ref runs), null, i * Second, Timeout.InfiniteTimeSpan);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => _clock.Advance(10 * Second))));

        runs.Should().Be(100);
        (_clock.GetUtcNow() - start).Should().Be(100 * Second);
    }

    [Fact]
    public void A_callback_runs_in_the_context_in_which_its_timer_was_created()
    {
        var ambient = new AsyncLocal<string> { Value = "created" };
        string? seen = null;
        _clock.CreateTimer(_ => seen = ambient.Value, null, Second, Timeout.InfiniteTimeSpan);
        ambient.Value = "advanced";

        _clock.Advance(Second);

        seen.Should().Be("created");
    }

    [Fact]
    public void A_disposed_timer_is_let_go()
    {
        WeakReference state = ArmAndDispose();

        GC.Collect();

        state.IsAlive.Should().BeFalse();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference ArmAndDispose()
    {
        object state = new();
        _clock.CreateTimer(_ => { }, state, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan).Dispose();
        return new WeakReference(state);
    }

    private ITimer Arm(string name, TimeSpan dueIn) =>
        _clock.CreateTimer(_ => _ran.Add(name), null, dueIn, Timeout.InfiniteTimeSpan);

    private sealed class SomeContext : SynchronizationContext;
}

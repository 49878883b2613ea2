namespace VllmAdapter.Testing;

/// <summary>A clock that stands still until a test moves it, and whose timers run in the order in which they are due.</summary>
/// <remarks>
/// Thread-safe. Callbacks run on the thread that calls <see cref="Advance"/>, each at exactly the instant at which it was due, and so does what awaits
/// them as far as it does not wait for anything else; timers created or changed on the way are honoured within the same advance. A timer that is due at once runs before <see cref="CreateTimer"/> or
/// <see cref="ITimer.Change"/> returns. Whatever a callback throws comes out of the call that ran it.
/// </remarks>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly SortedSet<ManualTimer> _armed = new(Comparer<ManualTimer>.Create(
        static (one, other) => (one.Due, one.Arming).CompareTo((other.Due, other.Arming))));

    private readonly List<(Func<bool> Holds, TaskCompletionSource Met)> _waiting = [];
    private readonly DateTimeOffset _start;
    private long _now;
    private long _horizon;
    private long _armings;

    /// <summary>Creates a clock that shows midnight of 1 January 2026, UTC.</summary>
    public ManualTimeProvider()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>Creates a clock that shows the given time.</summary>
    public ManualTimeProvider(DateTimeOffset start) => _start = start.ToUniversalTime();

    /// <summary>How many timers are armed, that is, would run if time went on for long enough.</summary>
    public int PendingTimers
    {
        get
        {
            lock (_gate)
                return _armed.Count;
        }
    }

    /// <summary>How long it is until the next timer runs; null when none is armed.</summary>
    public TimeSpan? UntilNextTimer
    {
        get
        {
            lock (_gate)
                return _armed.Min is { } next ? TimeSpan.FromTicks(next.Due - _now) : null;
        }
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    /// <value>UTC, so that no test depends on where it runs.</value>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start + TimeSpan.FromTicks(GetTimestamp());

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (_gate)
            return _now;
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves time on and runs every timer that becomes due on the way.</summary>
    /// <param name="by">How far; zero runs only what is due already.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="by"/> is negative.</exception>
    /// <remarks>Advances made at the same time, or inside a callback, add up.</remarks>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        long target;
        lock (_gate)
            target = _horizon += by.Ticks;
        RunUntil(target);
    }

    /// <summary>Moves time on to the next timer and runs what is due then.</summary>
    /// <exception cref="InvalidOperationException">No timer is armed.</exception>
    public void AdvanceToNextTimer() =>
        Advance(UntilNextTimer ?? throw new InvalidOperationException("No timer is armed, so there is nothing to advance to."));

    /// <summary>Completes as soon as at least one timer is armed.</summary>
    public Task WhenTimerArmedAsync(CancellationToken cancellationToken = default) =>
        WhenAsync(() => _armed.Count > 0, cancellationToken);

    /// <summary>Completes as soon as a timer is armed that is due in exactly the given time, for example the time limit under test.</summary>
    /// <param name="dueIn">The time from now until the timer runs, measured when it is armed.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task WhenTimerArmedAsync(TimeSpan dueIn, CancellationToken cancellationToken = default) =>
        WhenAsync(() => _armed.Any(timer => timer.Due - _now == dueIn.Ticks), cancellationToken);

    internal void Arm(ManualTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        List<TaskCompletionSource> met = [];
        lock (_gate)
        {
            _armed.Remove(timer);
            timer.Period = period > TimeSpan.Zero ? period.Ticks : null;
            if (dueTime >= TimeSpan.Zero)
                Enqueue(timer, _now + dueTime.Ticks);
            _waiting.RemoveAll(wait =>
            {
                if (!wait.Holds())
                    return false;
                met.Add(wait.Met);
                return true;
            });
        }

        foreach (TaskCompletionSource wait in met)
            wait.TrySetResult();
    }

    internal void RunDueNow() => RunUntil(GetTimestamp());

    internal void Disarm(ManualTimer timer)
    {
        lock (_gate)
            _armed.Remove(timer);
    }

    private void RunUntil(long target)
    {
        while (TakeDue(target) is { } timer)
            timer.Run();
    }

    private ManualTimer? TakeDue(long target)
    {
        lock (_gate)
        {
            if (_armed.Min is not { } timer || timer.Due > target)
            {
                _now = Math.Max(_now, target);
                return null;
            }

            _armed.Remove(timer);
            _now = Math.Max(_now, timer.Due);
            if (timer.Period is { } period)
                Enqueue(timer, timer.Due + period);
            return timer;
        }
    }

    // What the set is ordered by changes only outside of it.
    private void Enqueue(ManualTimer timer, long due)
    {
        timer.Due = due;
        timer.Arming = ++_armings;
        _armed.Add(timer);
    }

    private Task WhenAsync(Func<bool> holds, CancellationToken cancellationToken)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (holds())
                return Task.CompletedTask;
            _waiting.Add((holds, met));
        }

        return met.Task.WaitAsync(cancellationToken);
    }
}

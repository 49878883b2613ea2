namespace VllmAdapter.Testing;

/// <summary>One timer of a <see cref="ManualTimeProvider"/>, with the semantics of <see cref="Timer"/>.</summary>
internal sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);
    private readonly ExecutionContext? _context = ExecutionContext.Capture();
    private readonly Lock _gate = new();
    private TaskCompletionSource? _idle;
    private int _running;
    private bool _disposed;

    // These three belong to the clock and are touched under its lock only.
    internal long Due { get; set; }

    internal long? Period { get; set; }

    internal long Arming { get; set; }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        ThrowIfOutOfRange(dueTime, nameof(dueTime));
        ThrowIfOutOfRange(period, nameof(period));
        lock (_gate)
        {
            if (_disposed)
                return false;
            clock.Arm(this, dueTime, period);
        }

        if (dueTime == TimeSpan.Zero)
            clock.RunDueNow();
        return true;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            clock.Disarm(this);
        }
    }

    // Like the system's timers: done when no callback of this timer is running any more.
    public ValueTask DisposeAsync()
    {
        Dispose();
        lock (_gate)
            return _running == 0 ? ValueTask.CompletedTask : new ValueTask((_idle ??= NewIdle()).Task);
    }

    internal void Run()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _running++;
        }

        // As on a thread of the pool there is no synchronization context: what awaits the timer goes on at once, within the advance.
        SynchronizationContext? advancing = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            if (_context is null)
                callback(state);
            else
                ExecutionContext.Run(_context, static run => ((ManualTimer)run!).Invoke(), this);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(advancing);
            lock (_gate)
            {
                if (--_running == 0)
                    _idle?.TrySetResult();
            }
        }
    }

    private static TaskCompletionSource NewIdle() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void ThrowIfOutOfRange(TimeSpan time, string name)
    {
        if (time != Timeout.InfiniteTimeSpan && (time < TimeSpan.Zero || time > Longest))
            throw new ArgumentOutOfRangeException(name, time, "A timer takes from zero to 4,294,967,294 ms, or Timeout.InfiniteTimeSpan.");
    }

    private void Invoke() => callback(state);
}

using System.Runtime.ExceptionServices;

namespace VllmAdapter;

/// <summary>Keeps the times of a stream, asks the policy while the adapter waits for the server, and hangs up when it says stop.</summary>
/// <remarks>
/// Time counts as silence only during a wait, so the consumer's own time never does. There is one timer a stream. It is left running
/// when a chunk comes in time; when it fires it asks again, which costs less than setting it anew for every chunk.
/// </remarks>
internal sealed class SilenceWatch(
    IStreamTerminationPolicy policy, StreamEvidence evidence, TimeProvider clock, CancellationTokenSource hangUp) : IAsyncDisposable
{
    private const double LongestTimer = uint.MaxValue - 1;

    private readonly object _gate = new();
    private ITimer? _timer;
    private long _timerDueAt = long.MaxValue;
    private long _sentAt;
    private long _waitsSince;
    private long _observedAt = long.MinValue;
    private TimeSpan _observedAfter;
    private bool _waits;
    private TimeSpan _silence;

    /// <summary>Why the policy stopped a wait.</summary>
    public StopCause? Stopped { get; private set; }

    /// <summary>What the policy threw when it was asked during a wait.</summary>
    public ExceptionDispatchInfo? Failure { get; private set; }

    public TimeSpan Elapsed => clock.GetElapsedTime(_sentAt);

    public void Start() => _sentAt = clock.GetTimestamp();

    public void BeginWait()
    {
        bool stop;
        lock (_gate)
        {
            _waits = true;
            _waitsSince = clock.GetTimestamp();
            stop = AskDuringWait();
        }

        if (stop)
            hangUp.Cancel();
    }

    public void EndWait()
    {
        lock (_gate)
        {
            _waits = false;
            _silence += clock.GetElapsedTime(_waitsSince);
        }
    }

    /// <summary>Puts down when something was observed; a chunk ends the silence.</summary>
    public void Stamp(long observedAt, bool isChunk)
    {
        if (isChunk)
            _silence = TimeSpan.Zero;

        // Events that came in one read came at one time.
        if (observedAt != _observedAt)
            (_observedAt, _observedAfter) = (observedAt, clock.GetElapsedTime(_sentAt, observedAt));

        evidence.At(_observedAfter, _silence);
    }

    /// <summary>Asks the policy about what was just observed.</summary>
    public StopCause? Ask() => policy.Judge(evidence).Cause;

    private void OnTimer()
    {
        bool stop;
        lock (_gate)
        {
            _timerDueAt = long.MaxValue;
            stop = _waits && AskDuringWait();
        }

        // Outside the lock: cancelling may run the reader's continuation right here.
        if (stop)
            hangUp.Cancel();
    }

    private bool AskDuringWait()
    {
        try
        {
            long now = clock.GetTimestamp();
            evidence.At(clock.GetElapsedTime(_sentAt, now), _silence + clock.GetElapsedTime(_waitsSince, now));
            TerminationDecision decision = policy.Judge(evidence);
            Stopped = decision.Cause;
            if (decision.Wait is { } wait)
                SetTimer(now, wait);
        }
        catch (Exception failure)
        {
            Failure = ExceptionDispatchInfo.Capture(failure);
        }

        return Stopped is not null || Failure is not null;
    }

    private void SetTimer(long now, TimeSpan wait)
    {
        // Timers count whole milliseconds; one that fires early would only have to be set again.
        wait = TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(wait.TotalMilliseconds), LongestTimer));
        long dueAt = now + (long)(wait.TotalSeconds * clock.TimestampFrequency);
        if (dueAt >= _timerDueAt)
            return;

        _timerDueAt = dueAt;
        if (_timer is null)
            _timer = clock.CreateTimer(static watch => ((SilenceWatch)watch!).OnTimer(), this, wait, Timeout.InfiniteTimeSpan);
        else
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    public ValueTask DisposeAsync() => _timer?.DisposeAsync() ?? ValueTask.CompletedTask;
}

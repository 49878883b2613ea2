using System.Runtime.ExceptionServices;

namespace VllmAdapter;

/// <summary>Keeps the times of a stream, asks the policy while the adapter waits for the server, and hangs up when it says stop.</summary>
/// <remarks>
/// Time counts as silence only while the server owes a chunk, so neither the consumer's own time does nor that between two attempts.
/// There is one timer a stream. It is left running when a chunk comes in time; when it fires it asks again, which costs less than
/// setting it anew for every chunk.
/// </remarks>
internal sealed class SilenceWatch(IStreamTerminationPolicy policy, TimeProvider clock, CancellationTokenSource hangUp) : IAsyncDisposable
{
    private const double LongestTimer = uint.MaxValue - 1;

    private readonly object _gate = new();
    private ITimer? _timer;
    private long _timerDueAt = long.MaxValue;
    private StreamEvidence _evidence = new();
    private long _startedAt;
    private long _waitsSince;
    private long _observedAt = long.MinValue;
    private TimeSpan _observedAfter;
    private bool _waits;
    private bool _isSilence;
    private TimeSpan _silence;

    /// <summary>Why the policy stopped a wait.</summary>
    public StopCause? Stopped { get; private set; }

    /// <summary>What the policy threw when it was asked during a wait.</summary>
    public ExceptionDispatchInfo? Failure { get; private set; }

    public TimeSpan Elapsed => clock.GetElapsedTime(_startedAt);

    /// <param name="startedAt">When the call began, all its attempts included.</param>
    public void Start(long startedAt) => _startedAt = startedAt;

    /// <summary>Turns to the evidence of a new attempt.</summary>
    public void Observe(StreamEvidence evidence)
    {
        lock (_gate)
            (_evidence, _silence) = (evidence, TimeSpan.Zero);
    }

    /// <param name="isSilence">Whether the server owes a chunk; otherwise only the whole time counts.</param>
    public void BeginWait(bool isSilence = true)
    {
        bool stop;
        lock (_gate)
        {
            (_waits, _isSilence) = (true, isSilence);
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
            if (_waits && _isSilence)
                _silence += clock.GetElapsedTime(_waitsSince);

            _waits = false;
        }
    }

    /// <summary>Puts down when something was observed; a chunk ends the silence.</summary>
    public void Stamp(long observedAt, bool isChunk)
    {
        if (isChunk)
            _silence = TimeSpan.Zero;

        // Events that came in one read came at one time.
        if (observedAt != _observedAt)
            (_observedAt, _observedAfter) = (observedAt, clock.GetElapsedTime(_startedAt, observedAt));

        _evidence.At(_observedAfter, _silence);
    }

    /// <summary>Asks the policy about what was just observed.</summary>
    public StopCause? Ask() => policy.Judge(_evidence).Cause;

    /// <summary>Whether the policy will have stopped by then, should nothing happen meanwhile and silence not count.</summary>
    public bool WouldStopWithin(TimeSpan wait)
    {
        lock (_gate)
        {
            TimeSpan now = Elapsed;
            _evidence.At(now + wait, _silence);
            bool stops = policy.Judge(_evidence).Cause is not null;
            _evidence.At(now, _silence);
            return stops;
        }
    }

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
            TimeSpan silence = _isSilence ? _silence + clock.GetElapsedTime(_waitsSince, now) : _silence;
            _evidence.At(clock.GetElapsedTime(_startedAt, now), silence);
            TerminationDecision decision = policy.Judge(_evidence);
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

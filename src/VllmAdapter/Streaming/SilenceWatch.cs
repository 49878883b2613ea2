namespace VllmAdapter;

/// <summary>The clock of a reply: how long it has taken, how much of that the server is to blame for, and when a wait is over.</summary>
/// <remarks>
/// <para>Silence is time in which the server owes something: while it is waited for, and while only events come that are no progress. The
/// consumer's own time is none, nor is that between two attempts.</para>
/// <para>Only the timer runs on another thread, and only during a wait does it do anything; the rest is the reader's alone.</para>
/// <para>There is one timer a reply. It is left running when something comes in time, and when it rings too early it is set again: that costs
/// less than setting it anew for every chunk.</para>
/// </remarks>
internal sealed class SilenceWatch(TimeProvider clock) : IAsyncDisposable
{
    private const double LongestTimer = uint.MaxValue - 1;

    // A policy that asks for no time at all is asked again after this, not over and over.
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(10);

    private readonly object _gate = new();
    private ITimer? _timer;
    private IWaiting? _waiting;
    private long _timerDueAt = long.MaxValue;
    private long _grantedUntil = long.MaxValue;
    private long _limitAt = long.MaxValue;
    private long _headersDueAt = long.MaxValue;
    private long _startedAt;
    private long _countedTo;
    private long _blamed;
    private long _progressAt;
    private long? _finishedAt;
    private bool _waits;
    private bool _isOwed;
    private bool _isPaused;
    private bool _isPauseTimed;

    /// <summary>Who waits, and is told when a wait is over.</summary>
    public interface IWaiting
    {
        /// <summary>The wait that was granted is over. Called while it still goes on, and by one thread at a time.</summary>
        /// <returns>Whether the wait goes on.</returns>
        bool OnGrantOver();

        /// <summary>The time until which something had to come is over.</summary>
        void OnLimitOver();

        /// <summary>The time until which the headers had to come is over.</summary>
        void OnHeadersOver();
    }

    /// <summary>Time since the call began, up to the last count.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>Whether the server owes something, so that time counts as silence.</summary>
    public bool IsOwed => _isOwed;

    /// <summary>Time since the call began, counted up to now.</summary>
    public TimeSpan ElapsedNow
    {
        get
        {
            CountToNow();
            return Elapsed;
        }
    }

    /// <summary>Silence since the last progress, up to the last count.</summary>
    public TimeSpan SilentFor => Time(_blamed - _progressAt);

    /// <summary>Silence since the finish reason, progress or not; null before it.</summary>
    public TimeSpan? SinceFinish => _finishedAt is { } at ? Time(_blamed - at) : null;

    /// <param name="startedAt">When the call began, all its attempts included.</param>
    public void Start(long startedAt)
    {
        (_startedAt, _countedTo) = (startedAt, startedAt);
        CountToNow();
    }

    /// <summary>Counts the time up to now.</summary>
    public void CountToNow() => CountTo(clock.GetTimestamp());

    /// <summary>Turns to another attempt: silence begins anew, and nothing is granted yet.</summary>
    public void TurnTo(IWaiting waiting)
    {
        lock (_gate)
        {
            (_waiting, _grantedUntil, _limitAt, _finishedAt) = (waiting, long.MinValue, long.MaxValue, null);
            Progressed();
        }
    }

    /// <summary>Sets the time by which something has to come; null for none.</summary>
    public void Limit(TimeSpan? within)
    {
        CountToNow();
        _limitAt = within is { } time ? After(time) : long.MaxValue;
    }

    /// <summary>Sets the time by which the headers have to come; null, or an infinite one, for none.</summary>
    public void LimitHeaders(TimeSpan? within)
    {
        CountToNow();
        _headersDueAt = within is { } time && time != Timeout.InfiniteTimeSpan ? After(time) : long.MaxValue;
    }

    /// <summary>Lets the wait go on for so long after the last count; null for as long as it takes.</summary>
    public void Grant(TimeSpan? wait) =>
        _grantedUntil = wait is { } time ? After(time < ShortestWait ? ShortestWait : time) : long.MaxValue;

    /// <param name="isOwed">Whether the server owes something; otherwise only the whole time counts.</param>
    public void BeginWait(bool isOwed = true)
    {
        lock (_gate)
        {
            long now = clock.GetTimestamp();
            CountTo(now);
            if (isOwed && !_isOwed)
                _grantedUntil = long.MinValue;

            (_waits, _isOwed, _isPaused) = (true, isOwed, false);
            Ring(now);
        }
    }

    /// <summary>From now on the server owes something, waited for or not.</summary>
    public void Owe()
    {
        CountToNow();
        (_isOwed, _grantedUntil) = (true, long.MinValue);
    }

    public void EndWait()
    {
        lock (_gate)
            _waits = false;
    }

    /// <summary>Counts the time up to when something was read: the server's, unless the consumer had its chunk meanwhile or nothing was owed.</summary>
    public void CountTo(long readAt)
    {
        if (readAt <= _countedTo)
            return;

        if (!_isPaused && _isOwed)
            _blamed += readAt - _countedTo;

        (_countedTo, _isPaused) = (readAt, false);
        Elapsed = clock.GetElapsedTime(_startedAt, readAt);
    }

    /// <summary>What came is progress: the silence is over.</summary>
    public void Progressed() => _progressAt = _blamed;

    /// <summary>Every choice has declared its end.</summary>
    public void Finished() => _finishedAt ??= _blamed;

    /// <summary>A chunk is handed out: until the next is asked for, the time is the consumer's.</summary>
    /// <param name="isTimed">
    /// Whether that has to be to the letter. It costs two looks at the clock, and after progress nothing is lost without them.
    /// </param>
    public void Pause(bool isTimed)
    {
        if (isTimed)
            CountToNow();

        (_isPaused, _isPauseTimed) = (true, isTimed);
    }

    /// <summary>The next chunk is asked for.</summary>
    public void Resume()
    {
        if (!_isPauseTimed)
            return;

        CountToNow();
        (_isPaused, _isPauseTimed) = (false, false);
    }

    public ValueTask DisposeAsync() => _timer?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void OnTimer()
    {
        lock (_gate)
        {
            _timerDueAt = long.MaxValue;
            if (!_waits)
                return;

            long now = clock.GetTimestamp();
            CountTo(now);
            Ring(now);
        }
    }

    // Outside of a wait nothing is said: what was waited for is here.
    private void Ring(long now)
    {
        if (now >= _limitAt)
        {
            (_limitAt, _grantedUntil) = (long.MaxValue, long.MaxValue);
            _waiting?.OnLimitOver();
        }
        else if (now >= _headersDueAt)
        {
            (_headersDueAt, _grantedUntil) = (long.MaxValue, long.MaxValue);
            _waiting?.OnHeadersOver();
        }
        else if (now < _grantedUntil || _waiting?.OnGrantOver() is true)
        {
            SetTimer(now, Math.Min(_grantedUntil, Math.Min(_limitAt, _headersDueAt)));
        }
    }

    private void SetTimer(long now, long dueAt)
    {
        if (dueAt >= _timerDueAt || dueAt <= now)
            return;

        // Timers count whole milliseconds; one that rings early would only have to be set again.
        double wait = Math.Min(Math.Ceiling(Time(dueAt - now).TotalMilliseconds), LongestTimer);
        _timerDueAt = dueAt;
        if (_timer is null)
            _timer = clock.CreateTimer(static watch => ((SilenceWatch)watch!).OnTimer(), this, TimeSpan.FromMilliseconds(wait), Timeout.InfiniteTimeSpan);
        else
            _timer.Change(TimeSpan.FromMilliseconds(wait), Timeout.InfiniteTimeSpan);
    }

    private long After(TimeSpan time)
    {
        double due = _countedTo + (time.Ticks * ((double)clock.TimestampFrequency / TimeSpan.TicksPerSecond));
        return due >= long.MaxValue ? long.MaxValue : (long)due;
    }

    private TimeSpan Time(long ticks) => clock.GetElapsedTime(0, ticks);
}

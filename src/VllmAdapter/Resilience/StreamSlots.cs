using Microsoft.Extensions.Logging;

namespace VllmAdapter;

/// <summary>The places for answers under way. A place is held until the stream ends, which no strategy around its beginning could do.</summary>
/// <remarks>Thread-safe. A call that finds no place free waits, and a long wait is logged.</remarks>
internal sealed class StreamSlots(SemaphoreSlim free, int count, TimeProvider clock, ILogger logger)
{
    /// <summary>How long a call waits before a warning, and how far warnings are apart.</summary>
    public static readonly TimeSpan WarnAfter = TimeSpan.FromSeconds(30);

    private readonly LinkedList<Slot> _taken = new();
    private int _waiting;
    private long? _warnedAt;

    /// <summary>So many places, all of them free.</summary>
    public static StreamSlots Of(int count, TimeProvider clock, ILogger logger) => new(new SemaphoreSlim(count, count), count, clock, logger);

    public async ValueTask<IDisposable> TakeAsync(CancellationToken cancellationToken)
    {
        Task place = free.WaitAsync(cancellationToken);
        if (place.IsCompletedSuccessfully)
            return Take();

        Interlocked.Increment(ref _waiting);
        try
        {
            using ITimer warning = clock.CreateTimer(static slots => ((StreamSlots)slots!).Warn(), this, WarnAfter, WarnAfter);
            await place.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        return Take();
    }

    private Slot Take()
    {
        var slot = new Slot(this, clock.GetTimestamp());
        lock (_taken)
            _taken.AddLast(slot.Node);
        return slot;
    }

    // A server that is busy for long looks the same from here as a stream that nobody reads: both are said.
    private void Warn()
    {
        TimeSpan held;
        lock (_taken)
        {
            if (_taken.First is not { } oldest || (_warnedAt is { } last && clock.GetElapsedTime(last) < WarnAfter))
                return;
            _warnedAt = clock.GetTimestamp();
            held = clock.GetElapsedTime(oldest.Value.Since);
        }

        Log.NoPlaceFree(logger, Volatile.Read(ref _waiting), (long)WarnAfter.TotalSeconds, count, (long)held.TotalSeconds);
    }

    private void GiveBack(Slot slot)
    {
        lock (_taken)
            _taken.Remove(slot.Node);
        free.Release();
    }

    private sealed class Slot : IDisposable
    {
        private readonly StreamSlots _slots;
        private int _isFree;

        public Slot(StreamSlots slots, long since)
        {
            _slots = slots;
            Since = since;
            Node = new LinkedListNode<Slot>(this);
        }

        public long Since { get; }

        public LinkedListNode<Slot> Node { get; }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isFree, 1) == 0)
                _slots.GiveBack(this);
        }
    }
}

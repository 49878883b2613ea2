namespace VllmAdapter;

/// <summary>The places for answers under way. A place is held until the stream ends, which no strategy around its beginning could do.</summary>
internal sealed class StreamSlots(SemaphoreSlim free)
{
    /// <summary>So many places, all of them free.</summary>
    public static StreamSlots Of(int count) => new(new SemaphoreSlim(count, count));

    public async ValueTask<IDisposable> TakeAsync(CancellationToken cancellationToken)
    {
        await free.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Slot(free);
    }

    private sealed class Slot(SemaphoreSlim places) : IDisposable
    {
        private int _isFree;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isFree, 1) == 0)
                places.Release();
        }
    }
}

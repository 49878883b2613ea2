namespace VllmAdapter;

/// <summary>The places for answers under way. A place is held until the stream ends, which no strategy around its beginning could do.</summary>
#pragma warning disable CA1001 // A semaphore whose wait handle is never asked for holds nothing to dispose of.
internal sealed class StreamSlots(int count)
#pragma warning restore CA1001 // (see above)
{
    private readonly SemaphoreSlim _free = new(count, count);

    public async ValueTask<IDisposable> TakeAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Slot(_free);
    }

    private sealed class Slot(SemaphoreSlim free) : IDisposable
    {
        private int _isFree;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isFree, 1) == 0)
                free.Release();
        }
    }
}

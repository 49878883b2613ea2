namespace VllmAdapter;

/// <summary>Events that the token of the call ends, and that of the enumeration too: whoever canceled catches his own token, never one made of both.</summary>
internal sealed class CancellableEvents<T>(Func<CancellationToken, IAsyncEnumerable<T>> events, CancellationToken callersToken) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (!cancellationToken.CanBeCanceled || cancellationToken == callersToken)
            return events(callersToken).GetAsyncEnumerator(CancellationToken.None);

        return callersToken.CanBeCanceled
            ? new Enumerator(events, callersToken, cancellationToken)
            : events(cancellationToken).GetAsyncEnumerator(CancellationToken.None);
    }

    private sealed class Enumerator : IAsyncEnumerator<T>
    {
        private readonly CancellationToken _callers;
        private readonly CancellationToken _enumerators;
        private readonly CancellationTokenSource _both;
        private readonly IAsyncEnumerator<T> _events;

        public Enumerator(Func<CancellationToken, IAsyncEnumerable<T>> events, CancellationToken callers, CancellationToken enumerators)
        {
            (_callers, _enumerators) = (callers, enumerators);
            _both = CancellationTokenSource.CreateLinkedTokenSource(callers, enumerators);
            _events = events(_both.Token).GetAsyncEnumerator(CancellationToken.None);
        }

        public T Current => _events.Current;

        public async ValueTask<bool> MoveNextAsync()
        {
            try
            {
                return await _events.MoveNextAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException canceled) when (canceled.CancellationToken == _both.Token)
            {
                throw new OperationCanceledException(canceled.Message, canceled, _callers.IsCancellationRequested ? _callers : _enumerators);
            }
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await _events.DisposeAsync().ConfigureAwait(false);
            }
            finally
            {
                _both.Dispose();
            }
        }
    }
}

namespace VllmAdapter.WireTests;

/// <summary>Counts what the client has handed out, so that a server can wait for it.</summary>
internal sealed class ClientProgress
{
    private readonly Lock _gate = new();
    private readonly List<(int Count, TaskCompletionSource Met)> _waiting = [];
    private int _chunks;

    public void HandedOut()
    {
        lock (_gate)
        {
            _chunks++;
            foreach ((int count, TaskCompletionSource met) in _waiting)
            {
                if (count <= _chunks)
                    met.TrySetResult();
            }
        }
    }

    /// <summary>Completes when the client has handed out that many chunks in all.</summary>
    public Task WhenHandedOutAsync(int chunks)
    {
        lock (_gate)
        {
            if (_chunks >= chunks)
                return Task.CompletedTask;

            var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((chunks, met));
            return met.Task.WaitAsync(RawServer.Guard);
        }
    }
}

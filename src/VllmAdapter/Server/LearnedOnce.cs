namespace VllmAdapter.Server;

/// <summary>Has a server asked once for something that it keeps to, such as the context windows of its models; many requests may wait for the one answer.</summary>
/// <remarks>Thread-safe. After a failure it is asked again, but not before a while has passed: a gateway may never tell.</remarks>
internal sealed class LearnedOnce(Func<Task> ask, TimeProvider clock)
{
    internal static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    private readonly object _gate = new();
    private Task? _learning;
    private long? _failedAt;

    /// <summary>Ends when the answer is there, or it is known that there is none; never in a failure.</summary>
    public Task LearnAsync()
    {
        TaskCompletionSource end;
        lock (_gate)
        {
            if (_learning is { } learning && !(_failedAt is { } failedAt && clock.GetElapsedTime(failedAt) >= Pause))
                return learning;

            _failedAt = null;
            end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _learning = end.Task;
        }

        _ = AskAsync(end);
        return end.Task;
    }

    private async Task AskAsync(TaskCompletionSource end)
    {
        try
        {
            await ask().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            lock (_gate)
                _failedAt = clock.GetTimestamp();
        }

        end.SetResult();
    }
}

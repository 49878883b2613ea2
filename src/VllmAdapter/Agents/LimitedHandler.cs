namespace VllmAdapter.Agents;

/// <summary>Runs one handler, for no longer than it may take. One that ignores its token is left behind, and what comes of it then is dropped.</summary>
internal static class LimitedHandler
{
    /// <summary>What a handler gets to clean up, once the run was canceled or left.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <param name="handler">The handler; it may block.</param>
    /// <param name="limit">How long it may take; null for as long as it likes.</param>
    /// <param name="clock">The clock of both times.</param>
    /// <param name="stop">Says that nobody wants the result any more.</param>
    /// <exception cref="TimeoutException">It took too long, or says so itself.</exception>
    /// <exception cref="OperationCanceledException">The run stopped.</exception>
    public static async Task<ToolOutput> RunAsync(ToolInvocation handler, TimeSpan? limit, TimeProvider clock, CancellationToken stop)
    {
        // Disposed when the handler is done with it, not when the loop is.
        var own = CancellationTokenSource.CreateLinkedTokenSource(stop);

        // A handler that blocks must not hold up the others.
        Task<ToolOutput> running = Task.Run(() => handler(own.Token), CancellationToken.None);
        _ = running.ContinueWith(
            static (ended, source) =>
            {
                // Seen, so that nobody is told of it as unobserved.
                _ = ended.Exception;
                ((CancellationTokenSource)source!).Dispose();
            },
            own,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);

        try
        {
            return await running.WaitAsync(limit ?? Timeout.InfiniteTimeSpan, clock, stop).ConfigureAwait(false);
        }
        catch (TimeoutException late) when (!running.IsCompleted)
        {
            Cancel(own);
            throw new TimeoutException(
                $"The handler took longer than {limit} ({nameof(ToolLoopOptions)}.{nameof(ToolLoopOptions.HandlerTimeout)}) and was abandoned.", late);
        }
        catch (OperationCanceledException) when (!running.IsCompleted)
        {
            await ((Task)running.WaitAsync(Patience, clock, CancellationToken.None)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    // What is registered with the token may throw or block: that is the handler's own affair by now.
    private static void Cancel(CancellationTokenSource own) => _ = Task.Run(async () =>
    {
        try
        {
            await own.CancelAsync().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is AggregateException or ObjectDisposedException)
        {
            // It ended in the meantime, or failed to clean up after itself: nobody waits for either.
        }
    });
}

using System.Runtime.CompilerServices;

namespace VllmAdapter.Agents;

/// <summary>Runs the handlers of one turn's calls side by side.</summary>
internal sealed class ToolHandlers(ToolLoopOptions options, ToolTelemetry telemetry)
{
    private Exception? _failure;

    /// <summary>The first failure for which there were no words, so that the run ends.</summary>
    public Exception? Failure => _failure;

    public async IAsyncEnumerable<(int At, CallFinished Call)> RunAsync(
        IReadOnlyList<PreparedCall> calls, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var places = new SemaphoreSlim(options.MaxParallelHandlers);
        List<Task<(int, CallFinished)>> running = [.. calls.Select((call, at) => RunAsync(at, call, places, cancellationToken, stop.Token))];
        try
        {
            while (running.Count > 0)
            {
                Task<(int, CallFinished)> finished = await Task.WhenAny(running).ConfigureAwait(false);
                running.Remove(finished);
                yield return await finished.ConfigureAwait(false);
            }
        }
        finally
        {
            // The consumer left or canceled: what still runs is told, and waited for, unless it is deaf.
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<(int At, CallFinished Call)> RunAsync(
        int at, PreparedCall prepared, SemaphoreSlim places, CancellationToken callersToken, CancellationToken stop)
    {
        if (prepared.Invocation is not { } invocation)
            return (at, new CallFinished { Call = prepared.Call, Content = prepared.Words, WasRun = false, NotRunBecause = prepared.NotRunBecause });

        try
        {
            await places.WaitAsync(stop).ConfigureAwait(false);
            try
            {
                ToolOutput output = await telemetry.RunAsync(prepared.Call, Limited(invocation), stop).ConfigureAwait(false);
                return (at, new CallFinished { Call = prepared.Call, Content = output.Text, Parts = output.Parts, WasRun = true });
            }
            finally
            {
                places.Release();
            }
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            throw new OperationCanceledException(callersToken);
        }
        catch (Exception failure)
        {
            return (at, Failed(prepared.Call, failure));
        }
    }

    private ToolInvocation Limited(ToolInvocation invocation) =>
        token => LimitedHandler.RunAsync(invocation, options.HandlerTimeout, telemetry.Clock, token);

    private CallFinished Failed(ToolCall call, Exception failure)
    {
        string? words = options.DescribeFailure(call, failure);
        if (words is null)
            Interlocked.CompareExchange(ref _failure, failure, null);

        return new CallFinished { Call = call, Content = words ?? $"The tool '{call.Name}' failed.", WasRun = true, Failure = failure };
    }
}

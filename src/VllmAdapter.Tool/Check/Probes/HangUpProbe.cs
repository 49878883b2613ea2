using System.Globalization;
using VllmAdapter.Server;

namespace VllmAdapter.Tool.Check;

/// <summary>Hangs up in the middle of an answer, and watches the server's metrics: is the engine free, or does it write on for nobody?</summary>
internal sealed class HangUpProbe : IProbe
{
    private static readonly ChatRequest Question =
        Questions.Count.CappedAt(400) with { Sampling = Questions.Count.Sampling! with { IgnoreEndToken = true } };

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WaitForOthers = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    public string Name => "hang-up";

    public string Asks => "Does hanging up free the engine, and how soon?";

    public ProbeCost Cost => ProbeCost.Of(Question);

    public async Task RunAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        VllmServer server = run.Target.Adapter.Server;
        if (await IdleAsync(run, server, cancellationToken).ConfigureAwait(false) is not { } before)
            return;

        await LeaveAsync(run, cancellationToken).ConfigureAwait(false);
        await WatchAsync(run, server, Ended(before), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The metrics of a server that works on nothing; null, with the reason told, if it does not come to that.</summary>
    private static async Task<ServerMetrics?> IdleAsync(ProbeRun run, VllmServer server, CancellationToken cancellationToken)
    {
        // What the check itself asked last may still be in the gauges.
        TimeProvider clock = run.Target.Clock;
        long start = clock.GetTimestamp();
        while (true)
        {
            if (await MetricsAsync(server, cancellationToken).ConfigureAwait(false) is not { Running: { } running } now)
            {
                run.CannotTell("The server's metrics are not available, and nothing else shows it.");
                return null;
            }

            if (running == 0 && (now.Waiting is null or 0))
                return now;

            if (clock.GetElapsedTime(start) >= WaitForOthers)
            {
                run.CannotTell($"Others are using the server ({running} requests running), so its metrics do not show this one.");
                return null;
            }

            await Task.Delay(Step, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task LeaveAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        ChatStream stream = run.Target.Adapter.StreamChatAsync(run.Target.Suited(Question), cancellationToken);
        TokenUsage? counted = null;
        await foreach (ChatChunk chunk in stream.ConfigureAwait(false))
        {
            counted = chunk.Usage ?? counted;
            if (chunk.Text.Length > 0 || chunk.Reasoning.Length > 0)
                break;
        }

        run.Count(counted);
    }

    private static async Task WatchAsync(ProbeRun run, VllmServer server, long endedBefore, CancellationToken cancellationToken)
    {
        TimeProvider clock = run.Target.Clock;
        long start = clock.GetTimestamp();
        while (true)
        {
            ServerMetrics? now = await MetricsAsync(server, cancellationToken).ConfigureAwait(false);
            TimeSpan since = clock.GetElapsedTime(start);
            if (now is null)
            {
                run.CannotTell("The server's metrics went away.");
                return;
            }

            if (now.Running == 0)
            {
                // An aborted request is in no counter of finished ones (recorded of 0.32.0), or under "abort".
                if (Ended(now) > endedBefore)
                    run.Find(ServerKinds.HangUpUnheard, string.Create(CultureInfo.InvariantCulture, $"The answer was written to its end, {since.TotalSeconds:0.0} s after the hang-up."));
                else
                    run.Tell(string.Create(CultureInfo.InvariantCulture, $"The engine was free within {since.TotalSeconds:0.0} s of the hang-up."));
                return;
            }

            if (since >= Patience)
            {
                run.Find(ServerKinds.HangUpUnheard, string.Create(CultureInfo.InvariantCulture, $"The request was still running {since.TotalSeconds:0.0} s after the hang-up."));
                return;
            }

            await Task.Delay(Step, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private static long Ended(ServerMetrics metrics) =>
        metrics.FinishedRequests.Where(reason => reason.Key != "abort").Sum(reason => reason.Value);

    private static async Task<ServerMetrics?> MetricsAsync(VllmServer server, CancellationToken cancellationToken)
    {
        try
        {
            return await server.GetMetricsAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (VllmRequestException)
        {
            return null;
        }
    }
}

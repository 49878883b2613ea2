using System.Globalization;
using VllmAdapter.Server;

namespace VllmAdapter.Tool.Check;

/// <summary>What the server's own metrics tell of the time since its start.</summary>
internal sealed class MetricsProbe : IProbe
{
    private const double NearlyFull = 0.9;
    private const double OftenPutBack = 0.01;
    private const double ManyCut = 0.2;
    private const long Few = 20;
    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(5);

    public string Name => "metrics";

    public string Asks => "What do the server's metrics tell: queue, cache, preemptions, time to the first token?";

    public ProbeCost Cost => ProbeCost.Nothing;

    public async Task RunAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        ServerMetrics metrics;
        try
        {
            metrics = await run.Target.Adapter.Server.GetMetricsAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (VllmRequestException hidden) when (hidden.Failure is not (RequestFailure.ConnectionFailed or RequestFailure.Timeout))
        {
            run.Find(ServerKinds.MetricsHidden, hidden.Message);
            run.CannotTell("Without metrics nothing is known of queue, cache and waiting times.");
            return;
        }

        foreach ((FindingKind kind, string text) in Judge(metrics))
            run.Find(kind, text);
        if (metrics.PrefixCacheHitRate is { } rate)
            run.Tell(Text($"The prefix cache held {rate:P0} of the prompts' tokens."));
        if (MeanFirstToken(metrics) is { } wait)
            run.Tell(Text($"The first token came after {wait.TotalSeconds:0.00} s on average."));
    }

    /// <summary>What the metrics show: a pure function of their text.</summary>
    public static IEnumerable<(FindingKind Kind, string Text)> Judge(ServerMetrics metrics)
    {
        long finished = metrics.FinishedRequests.Values.Sum();
        if (metrics.Waiting is > 0 and var waiting)
            yield return (ServerKinds.Queue, Text($"{waiting} requests wait, {metrics.Running ?? 0} are running."));
        if (metrics.CacheUsage is > NearlyFull and var usage)
            yield return (ServerKinds.CacheFull, Text($"{usage:P0} of the cache is taken."));
        if (metrics.Preemptions is > 0 and var preemptions && preemptions > finished * OftenPutBack)
            yield return (ServerKinds.Preemptions, Text($"{preemptions} times, in {finished} finished requests."));
        if (MeanFirstToken(metrics) is { } wait && wait > LongWait)
            yield return (ServerKinds.SlowFirstToken, Text($"{wait.TotalSeconds:0.0} s on average since the server's start."));
        if (metrics.FinishedRequests.GetValueOrDefault("error") is > 0 and var failed)
            yield return (ServerKinds.RequestsFailed, Text($"{failed} of {finished} finished requests."));
        if (finished >= Few && metrics.FinishedRequests.GetValueOrDefault("length") is var cut && cut > finished * ManyCut)
            yield return (ServerKinds.ManyCut, Text($"{cut} of {finished} finished requests ended with length."));
    }

    private static TimeSpan? MeanFirstToken(ServerMetrics metrics)
    {
        double sum = Sum(metrics, "vllm:time_to_first_token_seconds_sum");
        double count = Sum(metrics, "vllm:time_to_first_token_seconds_count");
        return count >= 1 && sum / count is >= 0 and < 1e6 and var mean ? TimeSpan.FromSeconds(mean) : null;
    }

    private static double Sum(ServerMetrics metrics, string name) =>
        metrics.Samples.Where(sample => sample.Name == name).Sum(sample => sample.Value);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

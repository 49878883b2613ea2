namespace VllmAdapter.Server;

/// <summary>A server's metrics at one moment: the few that a client needs, and all of them.</summary>
/// <remarks>Sums over all models and engines of the server. What the server does not report is null, never zero. Counters count since its start.</remarks>
public sealed record ServerMetrics
{
    private readonly Lazy<IReadOnlyList<MetricSample>> _samples;

    private ServerMetrics(string text) => (Text, _samples) = (text, new(() => MetricsText.Read(text)));

    /// <summary>Requests that the engines are working on.</summary>
    public int? Running => (int?)WholeUpTo(int.MaxValue, Sum("vllm:num_requests_running"));

    /// <summary>Requests that wait for a place.</summary>
    public int? Waiting => (int?)WholeUpTo(int.MaxValue, Sum("vllm:num_requests_waiting"));

    /// <summary>How full the key-value cache is, from 0 to 1; of several engines the fullest.</summary>
    public double? CacheUsage => Max("vllm:kv_cache_usage_perc") ?? Max("vllm:gpu_cache_usage_perc");

    /// <summary>How often a request was preempted because the cache was full.</summary>
    public long? Preemptions => Count("vllm:num_preemptions_total");

    /// <summary>Tokens of all prompts.</summary>
    public long? PromptTokens => Count("vllm:prompt_tokens_total");

    /// <summary>Tokens of all answers.</summary>
    public long? GenerationTokens => Count("vllm:generation_tokens_total");

    /// <summary>The share of the looked-up prompt tokens that were in the prefix cache, from 0 to 1; null if nothing was looked up yet.</summary>
    public double? PrefixCacheHitRate => HitRate("vllm:prefix_cache") ?? HitRate("vllm:gpu_prefix_cache");

    /// <summary>Finished requests by finish reason, such as <c>stop</c> or <c>length</c>. Requests whose client hung up are not counted.</summary>
    public IReadOnlyDictionary<string, long> FinishedRequests => MetricsText.Read(Text, "vllm:request_success_total")
        .GroupBy(sample => sample.Labels.GetValueOrDefault("finished_reason", ""), StringComparer.Ordinal)
        .Select(group => (Reason: group.Key, Count: WholeUpTo(LargestCount, group.Sum(sample => sample.Value))))
        .Where(one => one.Count is not null)
        .ToDictionary(one => one.Reason, one => one.Count!.Value, StringComparer.Ordinal);

    /// <summary>Every metric, in the server's order. They are read when they are first asked for; the properties above do without.</summary>
    public IReadOnlyList<MetricSample> Samples => _samples.Value;

    /// <summary>The text as received (Prometheus text format).</summary>
    public string Text { get; }

    // Beyond it a double no longer tells one from the next.
    private const long LargestCount = 1L << 53;

    /// <summary>Reads a server's metrics from their text, such as one that was saved.</summary>
    /// <param name="text">What <c>GET /metrics</c> gave.</param>
    public static ServerMetrics Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new ServerMetrics(text);
    }

    /// <summary>What the server did since an earlier snapshot of it: whether it works, and how long its answers took.</summary>
    /// <param name="earlier">A snapshot of the same server, some seconds older; the further apart the two lie, the surer is what they tell.</param>
    public ServerProgress Since(ServerMetrics earlier)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        return new ServerProgress(earlier, this);
    }

    /// <summary>Steps of the engine. Not a metric of every version.</summary>
    internal long? EngineSteps => Count("vllm:iteration_tokens_total_count");

    /// <summary>Whether every engine says that it sleeps; null where the server does not report it (recorded of 0.15.1 and later, missing in 0.8.5).</summary>
    internal bool? IsAsleep => SamplesOf("vllm:engine_sleep_state")
        .Where(sample => sample.Labels.GetValueOrDefault("sleep_state") == "awake")
        .Select(sample => (bool?)(sample.Value == 0))
        .Min();

    internal IReadOnlyList<MetricSample> SamplesOf(string name) => MetricsText.Read(Text, name);

    private double? HitRate(string prefix) =>
        Sum($"{prefix}_queries_total") is > 0 and < double.PositiveInfinity and var queries
        && Sum($"{prefix}_hits_total") is >= 0 and < double.PositiveInfinity and var hits
            ? hits / queries
            : null;

    private long? Count(string name) => WholeUpTo(LargestCount, Sum(name));

    internal double? Sum(string name) =>
        MetricsText.Read(Text, name) is { Count: > 0 } samples ? samples.Sum(sample => sample.Value) : null;

    private double? Max(string name) =>
        MetricsText.Read(Text, name).Max(sample => (double?)sample.Value) is >= 0 and < double.PositiveInfinity and var most ? most : null;

    // NaN is how a server says that it does not know.
    private static long? WholeUpTo(long most, double? value) => value >= 0 && value <= most ? (long)value : null;
}

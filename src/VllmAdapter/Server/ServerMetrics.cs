namespace VllmAdapter;

/// <summary>A server's metrics at one moment: the few that a client steers by, and all of them.</summary>
/// <remarks>Sums over all models and engines of the server. What the server does not report is null, never zero. Counters count since its start.</remarks>
public sealed record ServerMetrics
{
    private ServerMetrics(string text) => (Text, Samples) = (text, MetricsText.Read(text));

    /// <summary>Requests that the engines are working on.</summary>
    public int? Running => (int?)Sum("vllm:num_requests_running");

    /// <summary>Requests that wait for a place.</summary>
    public int? Waiting => (int?)Sum("vllm:num_requests_waiting");

    /// <summary>How full the key-value cache is, from 0 to 1; of several engines the fullest.</summary>
    public double? CacheUsage => Max("vllm:kv_cache_usage_perc") ?? Max("vllm:gpu_cache_usage_perc");

    /// <summary>How often a request was put back because the cache was full.</summary>
    public long? Preemptions => (long?)Sum("vllm:num_preemptions_total");

    /// <summary>Tokens of all prompts.</summary>
    public long? PromptTokens => (long?)Sum("vllm:prompt_tokens_total");

    /// <summary>Tokens of all answers.</summary>
    public long? GenerationTokens => (long?)Sum("vllm:generation_tokens_total");

    /// <summary>The part of the looked-up prompt tokens that the prefix cache held, from 0 to 1; null if nothing was looked up yet.</summary>
    public double? PrefixCacheHitRate =>
        Sum("vllm:prefix_cache_queries_total") is > 0 and var queries ? Sum("vllm:prefix_cache_hits_total") / queries : null;

    /// <summary>Finished requests by finish reason, such as <c>stop</c> or <c>length</c>. Requests whose client hung up are in none.</summary>
    public IReadOnlyDictionary<string, long> FinishedRequests => Named("vllm:request_success_total")
        .GroupBy(sample => sample.Labels.GetValueOrDefault("finished_reason", ""), StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => (long)group.Sum(sample => sample.Value), StringComparer.Ordinal);

    /// <summary>Every metric, in the server's order.</summary>
    public IReadOnlyList<MetricSample> Samples { get; }

    /// <summary>The text as received (Prometheus text format).</summary>
    public string Text { get; }

    /// <summary>Reads a server's metrics from their text, such as one that was kept.</summary>
    /// <param name="text">What <c>GET /metrics</c> gave.</param>
    public static ServerMetrics Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new ServerMetrics(text);
    }

    private IEnumerable<MetricSample> Named(string name) => Samples.Where(sample => sample.Name == name);

    private double? Sum(string name) => Named(name).Any() ? Named(name).Sum(sample => sample.Value) : null;

    private double? Max(string name) => Named(name).Max(sample => (double?)sample.Value);
}

using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

public sealed class MetricsProbeTests
{
    [Theory]
    [InlineData("queue", "vllm:num_requests_waiting 3\nvllm:num_requests_running 256\n")]
    [InlineData("cache-full", "vllm:kv_cache_usage_perc 0.97\n")]
    [InlineData("cache-full", "vllm:gpu_cache_usage_perc 0.97\n")] // 0.8.5
    [InlineData("preemptions", "vllm:num_preemptions_total 12\nvllm:request_success_total{finished_reason=\"stop\"} 100\n")]
    [InlineData("first-token-slow", "vllm:time_to_first_token_seconds_sum 90\nvllm:time_to_first_token_seconds_count 10\n")]
    [InlineData("requests-failed", "vllm:request_success_total{finished_reason=\"error\"} 1\nvllm:request_success_total{finished_reason=\"stop\"} 1000\n")]
    [InlineData("many-answers-cut", "vllm:request_success_total{finished_reason=\"length\"} 30\nvllm:request_success_total{finished_reason=\"stop\"} 70\n")]
    [InlineData("", "vllm:num_requests_waiting 0\nvllm:num_requests_running 12\nvllm:kv_cache_usage_perc 0.4\nvllm:num_preemptions_total 1\nvllm:request_success_total{finished_reason=\"stop\"} 1000\n")]
    [InlineData("", "vllm:time_to_first_token_seconds_sum 9\nvllm:time_to_first_token_seconds_count 10\n")]
    [InlineData("", "vllm:request_success_total{finished_reason=\"length\"} 9\n")] // too few to say
    [InlineData("", "vllm:time_to_first_token_seconds_sum NaN\nvllm:time_to_first_token_seconds_count 0\nvllm:num_requests_waiting NaN\n")]
    [InlineData("", "")]
    public void What_the_metrics_tell_is_found_by_name(string id, string metrics) =>
        MetricsProbe.Judge(ServerMetrics.Parse(metrics)).Select(found => found.Kind.Id).Should().Equal(id.Length == 0 ? [] : [id]);
}

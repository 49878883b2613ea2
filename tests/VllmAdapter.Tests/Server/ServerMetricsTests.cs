namespace VllmAdapter.Tests.Server;

public sealed class ServerMetricsTests
{
    [Fact]
    public void Several_engines_add_up_and_the_fullest_cache_counts()
    {
        ServerMetrics metrics = ServerMetrics.Parse("""
            vllm:num_requests_running{engine="0",model_name="a"} 3.0
            vllm:num_requests_running{engine="1",model_name="a"} 4.0
            vllm:kv_cache_usage_perc{engine="0"} 0.25
            vllm:kv_cache_usage_perc{engine="1"} 0.75
            """);

        (metrics.Running, metrics.CacheUsage, metrics.Waiting).Should().Be((7, 0.75, null));
    }

    [Theory]
    [InlineData("NaN", null)]
    [InlineData("+Inf", null)]
    [InlineData("-1", null)]
    [InlineData("1e300", null)]
    [InlineData("2147483648", null)]
    [InlineData("2147483647", 2147483647)]
    [InlineData("0", 0)]
    [InlineData("3.0", 3)]
    public void What_is_no_number_of_requests_is_not_known(string written, int? running) =>
        ServerMetrics.Parse($"vllm:num_requests_running {written}").Running.Should().Be(running);

    [Theory]
    [InlineData("NaN", null)]
    [InlineData("1e300", null)]
    [InlineData("-0.5", null)]
    [InlineData("4401.0", 4401L)]
    [InlineData("9007199254740992", 9007199254740992L)]
    public void What_is_no_count_is_not_known(string written, long? count)
    {
        ServerMetrics metrics = ServerMetrics.Parse($$"""
            vllm:prompt_tokens_total {{written}}
            vllm:generation_tokens_total {{written}}
            vllm:num_preemptions_total {{written}}
            vllm:request_success_total{finished_reason="stop"} {{written}}
            """);

        (metrics.PromptTokens, metrics.GenerationTokens, metrics.Preemptions).Should().Be((count, count, count));
        metrics.FinishedRequests.ContainsKey("stop").Should().Be(count is not null);
    }

    [Theory]
    [InlineData("vllm:kv_cache_usage_perc NaN", null)]
    [InlineData("vllm:kv_cache_usage_perc +Inf", null)]
    [InlineData("vllm:kv_cache_usage_perc NaN\nvllm:kv_cache_usage_perc 0.5", 0.5)]
    [InlineData("vllm:gpu_cache_usage_perc 0.25", 0.25)]
    public void A_cache_whose_use_is_no_number_has_none_that_is_known(string text, double? usage) =>
        ServerMetrics.Parse(text).CacheUsage.Should().Be(usage);

    [Theory]
    [InlineData("vllm:prefix_cache_queries_total 8\nvllm:prefix_cache_hits_total 2", 0.25)]
    [InlineData("vllm:gpu_prefix_cache_queries_total 8\nvllm:gpu_prefix_cache_hits_total 2", 0.25)]
    [InlineData("vllm:prefix_cache_queries_total 0\nvllm:prefix_cache_hits_total 0", null)]
    [InlineData("vllm:prefix_cache_queries_total NaN\nvllm:prefix_cache_hits_total 1", null)]
    [InlineData("vllm:prefix_cache_queries_total 8", null)]
    public void The_hit_rate_goes_by_either_name(string text, double? rate) =>
        ServerMetrics.Parse(text).PrefixCacheHitRate.Should().Be(rate);

    [Fact]
    public void A_million_lines_of_other_metrics_cost_nothing_until_they_are_asked_for()
    {
        string text = string.Concat(Enumerable.Repeat("a 1\n", 1_000_000)) + "vllm:num_requests_running 3\n";
        long before = GC.GetAllocatedBytesForCurrentThread();

        int? running = ServerMetrics.Parse(text).Running;

        running.Should().Be(3);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(100_000);
    }

    [Fact]
    public void Samples_share_what_they_have_in_common()
    {
        IReadOnlyList<MetricSample> samples = ServerMetrics.Parse("a 1\na 2\n").Samples;

        samples[1].Name.Should().BeSameAs(samples[0].Name);
        samples[1].Labels.Should().BeSameAs(samples[0].Labels);
    }

    [Theory]
    [InlineData("name 1", "name", 1.0)]
    [InlineData("name{} 1e3", "name", 1000.0)]
    [InlineData("name{a=\"b\"} +Inf", "name", double.PositiveInfinity)]
    [InlineData("name{a=\"b\",} 2 1795354025", "name", 2.0)]
    [InlineData("  name  7", "name", 7.0)]
    public void A_line_is_read(string line, string name, double value)
    {
        MetricSample sample = ServerMetrics.Parse(line).Samples.Should().ContainSingle().Subject;

        (sample.Name, sample.Value).Should().Be((name, value));
    }

    [Fact]
    public void Labels_may_hold_anything()
    {
        MetricSample sample = ServerMetrics.Parse("""name{a="x,y}",b="say \"hi\"\n",c="\\"} 1""").Samples.Single();

        sample.Labels.Should().BeEquivalentTo(new Dictionary<string, string> { ["a"] = "x,y}", ["b"] = "say \"hi\"\n", ["c"] = "\\" });
    }

    [Theory]
    [InlineData("# HELP name text")]
    [InlineData("name")]
    [InlineData("name{a=\"b\" 1")]
    [InlineData("name{a=\"b} 1")]
    [InlineData("name{a} 1")]
    [InlineData("name one")]
    [InlineData("{a=\"b\"} 1")]
    [InlineData("<html>")]
    public void What_is_no_sample_is_passed_over(string line) => ServerMetrics.Parse(line).Samples.Should().BeEmpty();
}

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

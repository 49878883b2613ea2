using VllmAdapter.Tests.Recorded;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Server;

/// <summary>Two snapshots of a server's metrics: what it did, and how long that took.</summary>
public sealed class ServerProgressTests
{
    private const string Asleep = """
        vllm:engine_sleep_state{engine="0",sleep_state="awake"} 0.0
        vllm:engine_sleep_state{engine="0",sleep_state="weights_offloaded"} 1.0

        """;

    public static TheoryData<string, string, string, ServerActivity?> Activities => new()
    {
        { "tokens were written", State(1, 0, 10, 20), State(1, 0, 10, 25), ServerActivity.Working },
        { "a long prompt is read, in pieces", State(1, 0, 10, 20), State(1, 0, 2058, 20), ServerActivity.Working },
        { "the last request ended", State(1, 0, 10, 20), State(0, 0, 10, 21), ServerActivity.Working },
        { "nothing to do", State(0, 0, 10, 20), State(0, 0, 10, 20), ServerActivity.Idle },
        { "never had anything to do", State(0, 0, 0, 0), State(0, 0, 0, 0), ServerActivity.Idle },
        { "running and nothing moved", State(1, 0, 10, 20), State(1, 0, 10, 20), ServerActivity.Stuck },
        { "waiting and nothing moved", State(0, 3, 10, 20), State(0, 5, 10, 20), ServerActivity.Stuck },
        { "the request came just now", State(0, 0, 10, 20), State(1, 0, 10, 20), null },
        { "asleep with requests waiting", State(0, 1, 10, 20), Asleep + State(0, 1, 10, 20), ServerActivity.Sleeping },
        { "started anew", State(1, 0, 1000, 2000), State(0, 0, 0, 0), null },
        { "no metrics", "", "", null },
        { "a gateway's page", "<html>", "<html>", null },
        { "requests only", "vllm:num_requests_running 1\nvllm:num_requests_waiting 0\n", "vllm:num_requests_running 1\nvllm:num_requests_waiting 0\n", null },
        { "not a number", State(1, 0, 10, 20), "vllm:num_requests_running NaN\nvllm:num_requests_waiting NaN\n", null },
    };

    [Theory]
    [MemberData(nameof(Activities))]
    public void Two_snapshots_tell_what_the_engine_does(string because, string earlier, string later, ServerActivity? activity) =>
        ServerMetrics.Parse(later).Since(ServerMetrics.Parse(earlier)).Activity.Should().Be(activity, because);

    [Fact]
    public void Steps_of_the_engine_alone_are_work_too()
    {
        string steps = "vllm:iteration_tokens_total_count ";

        ServerMetrics.Parse(State(1, 0, 10, 20) + steps + "8").Since(ServerMetrics.Parse(State(1, 0, 10, 20) + steps + "7")).Activity.Should().Be(ServerActivity.Working);
    }

    [Fact]
    public void What_was_done_is_counted()
    {
        ServerProgress progress = ServerMetrics.Parse(State(1, 0, 110, 220) + Ended(7)).Since(ServerMetrics.Parse(State(1, 0, 10, 20) + Ended(5)));

        (progress.PromptTokens, progress.GenerationTokens, progress.FinishedRequests, progress.WasRestarted).Should().Be((100, 200, 2, false));
    }

    [Fact]
    public void What_is_not_reported_is_null_and_not_zero()
    {
        ServerProgress progress = ServerMetrics.Parse("").Since(ServerMetrics.Parse(""));

        (progress.PromptTokens, progress.GenerationTokens, progress.FinishedRequests).Should().Be((null, null, null));
        (progress.TimeToFirstToken, progress.BetweenTokens).Should().Be((null, null));
    }

    [Fact]
    public void A_server_that_was_started_anew_did_an_unknown_amount()
    {
        ServerProgress progress = ServerMetrics.Parse(State(1, 0, 5, 5)).Since(ServerMetrics.Parse(State(1, 0, 110, 220)));

        (progress.WasRestarted, progress.PromptTokens, progress.GenerationTokens).Should().Be((true, null, null));
    }

    [Fact]
    public void Percentiles_are_read_off_the_buckets_that_were_gained()
    {
        // Before: 100 fast ones. Since: 10 up to 0.1 s, 80 up to 0.2 s, 10 up to 0.4 s.
        string earlier = Histogram("vllm:time_to_first_token_seconds", 0, (0.1, 100), (0.2, 100), (0.4, 100), (double.PositiveInfinity, 100));
        string later = Histogram("vllm:time_to_first_token_seconds", 20, (0.1, 110), (0.2, 190), (0.4, 200), (double.PositiveInfinity, 200));

        LatencyPercentiles? first = ServerMetrics.Parse(later).Since(ServerMetrics.Parse(earlier)).TimeToFirstToken;

        first!.Count.Should().Be(100);
        first.Mean.Should().Be(TimeSpan.FromSeconds(0.2));
        Seconds(first.P50).Should().BeApproximately(0.15, 1e-6);
        Seconds(first.P90).Should().BeApproximately(0.2, 1e-6);
        Seconds(first.P99).Should().BeApproximately(0.38, 1e-6);
        Seconds(first.At(0.05)).Should().BeApproximately(0.05, 1e-6);
        Seconds(first.At(1)).Should().BeApproximately(0.4, 1e-6);
    }

    [Fact]
    public void What_is_longer_than_the_longest_bucket_is_not_known()
    {
        string later = Histogram("vllm:inter_token_latency_seconds", 20, (0.1, 1), (double.PositiveInfinity, 10));

        LatencyPercentiles? between = ServerMetrics.Parse(later).Since(ServerMetrics.Parse("")).BetweenTokens;

        (between!.P50, between.P99, between.Count).Should().Be((null, null, 10));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-0.5)]
    [InlineData(1.01)]
    [InlineData(99)]
    [InlineData(double.NaN)]
    public void A_part_is_above_0_and_at_most_1(double part)
    {
        string later = Histogram("vllm:inter_token_latency_seconds", 20, (0.1, 10), (double.PositiveInfinity, 10));
        LatencyPercentiles between = ServerMetrics.Parse(later).Since(ServerMetrics.Parse("")).BetweenTokens!;

        FluentActions.Invoking(() => between.At(part)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Several_engines_are_one_histogram_and_one_that_was_started_anew_spoils_it()
    {
        static string Two(int first, int second) => $$"""
            vllm:inter_token_latency_seconds_bucket{engine="0",le="0.1"} {{first}}
            vllm:inter_token_latency_seconds_bucket{engine="0",le="+Inf"} {{first}}
            vllm:inter_token_latency_seconds_bucket{engine="1",le="0.1"} {{second}}
            vllm:inter_token_latency_seconds_bucket{engine="1",le="+Inf"} {{second}}

            """;

        ServerMetrics.Parse(Two(5, 6)).Since(ServerMetrics.Parse(Two(1, 2))).BetweenTokens!.Count.Should().Be(8);
        ServerMetrics.Parse(Two(5, 0)).Since(ServerMetrics.Parse(Two(1, 20))).BetweenTokens.Should().BeNull();
    }

    [Theory]
    [InlineData("vllm-0.8.5", 39, 1424)]
    [InlineData("vllm-0.15.1", null, null)]
    [InlineData("vllm-0.32.0", null, null)]
    [InlineData("vllm-0.33.0", null, null)]
    public async Task Real_servers_of_every_age_tell_their_latencies(string version, int? firstTokens, int? tokens)
    {
        ServerMetrics metrics = await CannedServer.Replaying(Recording.At($"{version}/general/metrics")).NewAdapter().Server.GetMetricsAsync();

        ServerProgress sinceTheStart = metrics.Since(ServerMetrics.Parse(""));

        sinceTheStart.TimeToFirstToken!.Count.Should().Be(firstTokens ?? (long)metrics.Samples.Single(sample => sample.Name == "vllm:time_to_first_token_seconds_count").Value);
        sinceTheStart.BetweenTokens!.Count.Should().BeGreaterThanOrEqualTo(tokens ?? 1);
        sinceTheStart.BetweenTokens.P50.Should().BePositive().And.BeLessThanOrEqualTo(sinceTheStart.BetweenTokens.P99!.Value);
        metrics.Since(metrics).Activity.Should().Be(ServerActivity.Idle);
        metrics.Since(metrics).BetweenTokens.Should().BeNull();
    }

    private static double Seconds(TimeSpan? time) => time!.Value.TotalSeconds;

    private static string State(int running, int waiting, int prompt, int generated) => $"""
        vllm:num_requests_running {running}
        vllm:num_requests_waiting {waiting}
        vllm:prompt_tokens_total {prompt}
        vllm:generation_tokens_total {generated}

        """;

    private static string Ended(int count) => $"vllm:request_success_total{{finished_reason=\"stop\"}} {count}\n";

    private static string Histogram(string name, double sum, params (double Bound, int Count)[] buckets) =>
        FormattableString.Invariant($"{name}_sum {sum}\n")
        + string.Concat(buckets.Select(bucket => FormattableString.Invariant(
            $"{name}_bucket{{le=\"{(double.IsPositiveInfinity(bucket.Bound) ? "+Inf" : FormattableString.Invariant($"{bucket.Bound}"))}\"}} {bucket.Count}\n")));
}

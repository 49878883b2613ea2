using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

public sealed class ArrivalsTests
{
    private static readonly TimeSpan OneToken = TimeSpan.FromMilliseconds(100);

    [Theory]
    [InlineData("OneByOne", 40, 20, 1, 120)]
    [InlineData("Bursts", 40, 200, 10, 120)]
    [InlineData("OneByOne", 40, 40, 4, 120)] // four tokens at a time, too quick to see
    [InlineData("AllAtOnce", 40, 0, 40, 2000)]
    [InlineData("Unknown", 40, 0, 40, 150)] // at once, but no later than a single token
    [InlineData("Unknown", 5, 200, 1, 120)] // too few
    [InlineData("Unknown", 40, 2, 1, 120)] // too quick
    public void The_rhythm_is_told_by_the_times(string pattern, int chunks, int milliseconds, int together, int first)
    {
        TimeSpan[] arrivals = [.. Enumerable.Range(0, chunks).Select(chunk => TimeSpan.FromMilliseconds(first + (chunk / together * milliseconds)))];

        Arrivals.Judge(arrivals, OneToken).Pattern.ToString().Should().Be(pattern);
    }

    [Fact]
    public void Nothing_shows_nothing() => Arrivals.Judge([], OneToken).Pattern.Should().Be(ArrivalPattern.Unknown);

    [Fact]
    public async Task A_stream_that_is_held_back_is_found()
    {
        var clock = new ManualTimeProvider();
        using FakeVllm server = FakeVllm.InMemory(request =>
        {
            if ((int)request.Json!["max_tokens"]! > 1)
                clock.Advance(TimeSpan.FromSeconds(5));
            return ObedientModel.Answer(request);
        });

        CheckReport report = await server.CreateAdapter(options => CheckOptions.Apply(options, key: null)).CheckAsync([new PiecesProbe()], clock);

        report.IdsOf(Severity.Info).Should().Equal("stream-buffered");
    }
}

using VllmAdapter.Tests.Wire;
using Xunit.Abstractions;

namespace VllmAdapter.Tests.Recorded;

/// <summary>Every recorded exchange of a chat with a real server, replayed through the public API: what a careful client must conclude, it concludes.</summary>
public sealed class RecordedStreamTests(ITestOutputHelper output)
{
    public static TheoryData<RecordedPath> Exchanges => RecordedCorpus.Servers.Judged;

    [Theory]
    [MemberData(nameof(Exchanges))]
    public async Task A_recorded_exchange_is_judged_as_its_bytes_deserve(RecordedPath path)
    {
        Recording recording = Recording.At(path.Path!);

        Played played = await PlayAsync(recording);

        output.WriteLine($"{path}: {RecordedExpectation.Told(played.Completion, played.Failure)}");
        RecordedExpectation.Misses(recording, played.Completion, played.Failure).Should().BeEmpty();
    }

    [Fact]
    public void The_recordings_are_all_there()
    {
        var counts = Recording.All.GroupBy(recording => recording.Kind ?? "other endpoint").ToDictionary(group => group.Key, group => group.Count());

        counts.Should().BeEquivalentTo(new Dictionary<string, int>
        {
            ["stream"] = 703,
            ["whole"] = 67,
            ["request-refused"] = 409,
            ["other endpoint"] = 53,
        });
        (RecordedCorpus.Proxies.Cases.Count, RecordedCorpus.Reports.Cases.Count).Should().Be((119, 35));
    }

    private static async Task<Played> PlayAsync(Recording recording)
    {
        CannedServer server = CannedServer.Replaying(recording);
        try
        {
            return await Played.RunAsync(server, recording.Request(), recording.NewOptions());
        }
        catch (ArgumentException) when (recording.Kind == "request-refused")
        {
            // What the server refused is not even sent; its refusal must be read all the same.
            return await Played.RunAsync(server, recording.PlainRequest(), recording.NewOptions());
        }
    }
}

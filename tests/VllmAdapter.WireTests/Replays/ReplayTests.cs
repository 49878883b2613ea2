using VllmAdapter.Tests.Recorded;
using Xunit.Abstractions;

namespace VllmAdapter.WireTests.Replays;

/// <summary>Every kept case played over real sockets: what a careful client must conclude, the adapter concludes.</summary>
/// <remarks>With the environment variable VLLMADAPTER_CASES, the cases of that folder too.</remarks>
public sealed class ReplayTests(ITestOutputHelper output)
{
    public static TheoryData<RecordedPath> Servers => RecordedCorpus.Servers.Judged;

    public static TheoryData<RecordedPath> Proxies => RecordedCorpus.Proxies.Judged;

    public static TheoryData<RecordedPath> Reports => RecordedCorpus.Reports.Judged;

    public static TheoryData<RecordedPath> Elsewhere => RecordedCorpus.Elsewhere.Judged;

    [Theory]
    [MemberData(nameof(Servers))]
    public Task What_a_real_server_sent_is_judged_right(RecordedPath path) => JudgeAsync(path);

    [Theory]
    [MemberData(nameof(Proxies))]
    public Task What_a_real_proxy_made_of_it_is_judged_right(RecordedPath path) => JudgeAsync(path);

    [Theory]
    [MemberData(nameof(Reports))]
    public Task What_a_public_report_tells_is_judged_right(RecordedPath path) => JudgeAsync(path);

    [Theory]
    [MemberData(nameof(Elsewhere))]
    public Task What_lies_in_another_folder_is_judged_right(RecordedPath path) => JudgeAsync(path);

    private async Task JudgeAsync(RecordedPath path)
    {
        if (path.Path is null)
            return;

        Recording recording = Recording.At(path.Path);
        Replay replay = await Replay.RunAsync(recording);

        output.WriteLine($"{path}: {RecordedExpectation.Told(replay.Completion, replay.Failure)}");
        RecordedExpectation.Misses(recording, replay.Completion, replay.Failure, replay.Requests).Should().BeEmpty();
    }
}

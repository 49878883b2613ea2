using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Agents.Tests.Recorded;

/// <summary>
/// Recorded replies to requests with tools, over sockets through the middleware of Microsoft.Extensions.AI: one in 13 of them, with the environment
/// variable VLLMADAPTER_FULL_SWEEP=1 all.
/// </summary>
[Trait("Sweep", "full")]
public sealed class RecordedMiddlewareTests
{
    public static TheoryData<RecordedPath, bool> Rows
    {
        get
        {
            var rows = new TheoryData<RecordedPath, bool>();
            foreach (Recording recording in Sweep.Of(ToolRecordings.All, every: 13))
            {
                rows.Add(new RecordedPath(recording.Path), true);
                rows.Add(new RecordedPath(recording.Path), false);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Functions_run_once_and_only_when_they_must(RecordedPath path, bool isStreamed)
    {
        Recording recording = Recording.At(path.Path!);

        PlayedRecording played = await PlayedRecording.ThroughBridgeAsync(recording, isStreamed, Stack.FunctionsAlone);

        MiddlewareExpectation.Misses(recording, played).Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Behind_cache_telemetry_and_log_too_and_what_is_cached_is_whole_or_says_that_it_is_not(RecordedPath path, bool isStreamed)
    {
        Recording recording = Recording.At(path.Path!);

        PlayedRecording played = await PlayedRecording.ThroughBridgeAsync(recording, isStreamed, Stack.Everything);

        MiddlewareExpectation.Misses(recording, played).Should().BeEmpty();
        played.Cached.Should().Be(played.Failure is null ? 1 : 0);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task As_the_model_of_an_agent_too(RecordedPath path, bool isStreamed)
    {
        Recording recording = Recording.At(path.Path!);

        PlayedRecording played = await PlayedRecording.ThroughBridgeAsync(recording, isStreamed, Stack.Agent);

        MiddlewareExpectation.Misses(recording, played).Should().BeEmpty();
    }
}

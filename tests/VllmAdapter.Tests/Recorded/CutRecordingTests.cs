using VllmAdapter.Tests.Wire;
using Xunit.Abstractions;

namespace VllmAdapter.Tests.Recorded;

/// <summary>
/// Every recorded reply, cut after a byte and ended cleanly, broken or silent: nothing is made up of the part that came. The cuts are sampled
/// with a fixed seed; with the environment variable VLLMADAPTER_FULL_SWEEP=1 all of them are made, and the ends take turns where a reply is cut after every byte.
/// </summary>
[Trait("Sweep", "full")]
public sealed class CutRecordingTests(ITestOutputHelper output)
{
    private const int SampledCuts = 3;
    private const int LargestSweptByByte = 2 * 1024;

    public static TheoryData<string> Replies => Recording.PathsOf(recording => recording.Kind is "stream" or "whole" && recording.Body.Length > 0);

    [Theory]
    [MemberData(nameof(Replies))]
    public async Task A_reply_cut_anywhere_is_never_more_than_what_came(string path)
    {
        Recording recording = Recording.At(path);
        ChatRequest request = recording.Request() with { OnIncompleteStream = IncompleteStreamBehavior.Report };
        Played whole = await Played.RunAsync(CannedServer.Replaying(recording), request);
        HashSet<string> readyInTheWhole = [.. whole.Outcome.ToolCalls.Select(Describe)];
        string wholeText = TextOf(whole);
        int finishSeenAt = FinishSeenAt(recording);

        int[] cuts = [.. Cuts(recording)];
        foreach (int cut in cuts)
        {
            foreach (BodyEnding ending in EndingsAt(cut, recording))
            {
                Played played = await Played.RunAsync(CannedServer.Cutting(recording, cut, ending), request);
                if (played.Failure is VllmRequestException refused)
                {
                    refused.Failure.Should().Be(RequestFailure.UnexpectedContent, $"cut at {cut}, {ending}");
                    continue;
                }

                string because = $"cut at {cut} of {recording.Body.Length}, {ending}: {played.Outcome.Explain()}";
                if (played.Outcome.Verdict == StreamVerdict.Completed)
                    cut.Should().BeGreaterThanOrEqualTo(finishSeenAt, because);

                played.Outcome.ToolCalls.Select(Describe).Should().BeSubsetOf(readyInTheWhole, because);
                wholeText.Should().StartWith(TextOf(played), because);
            }
        }

        output.WriteLine($"{path}: {cuts.Length} cuts");
    }

    private static string Describe(ToolCall call) => $"{call.ChoiceIndex} {call.Name} {call.Arguments}";

    private static string TextOf(Played played) => string.Concat((played.Completion?.Choices ?? []).Take(1).Select(choice => choice.Text));

    private static BodyEnding[] EndingsAt(int cut, Recording recording)
    {
        BodyEnding[] all = Enum.GetValues<BodyEnding>();
        return Sweep.IsFull && recording.Body.Length <= LargestSweptByByte ? [all[cut % all.Length]] : all;
    }

    private static IEnumerable<int> Cuts(Recording recording)
    {
        byte[] body = recording.Body;
        if (body.Length <= LargestSweptByByte)
            return Sweep.Places([.. Enumerable.Range(0, body.Length)], SampledCuts);

        SortedSet<int> boundaries = [0];
        for (int at = body.AsSpan().IndexOf("\n\n"u8); at >= 0;)
        {
            boundaries.UnionWith([at + 1, at + 2, Math.Min(at + 3, body.Length)]);
            int next = body.AsSpan(at + 2).IndexOf("\n\n"u8);
            at = next < 0 ? -1 : at + 2 + next;
        }

        return Sweep.Places([.. boundaries], SampledCuts);
    }

    private static int FinishSeenAt(Recording recording)
    {
        IReadOnlyDictionary<int, int> seen = recording.ReasonsAt();
        int asked = recording.Kind == "whole" ? 1 : recording.Exchange.Request.Body?["n"]?.GetValue<int>() ?? 1;
        return seen.Count < asked ? int.MaxValue : seen.Values.Max();
    }
}

using System.Text;
using System.Text.Json.Nodes;
using VllmAdapter.Tests.Recorded;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Completions;

/// <summary>
/// Every recorded reply of plain completions, cut after a byte and ended cleanly, broken or silent: nothing is made up of the part that came. The cuts
/// are sampled with a fixed seed; with the environment variable VLLMADAPTER_FULL_SWEEP=1 all of them are made.
/// </summary>
[Trait("Sweep", "full")]
public sealed class CutTextTests
{
    private const int SampledCuts = 8;

    private static readonly bool IsFull = Environment.GetEnvironmentVariable("VLLMADAPTER_FULL_SWEEP") == "1";

    public static TheoryData<RecordedPath> Replies =>
        RecordedTextTests.Recordings.Paths(recording => recording.Exchange.Response.Status == 200 && recording.Body.Length < 20_000);

    [Theory]
    [MemberData(nameof(Replies))]
    public async Task A_reply_cut_anywhere_is_never_more_than_what_came(RecordedPath path)
    {
        Recording recording = RecordedTextTests.Recordings.At(path);
        TextRequest request = RecordedTextRequest.FromBody(recording.Exchange.Request.Body!.AsObject()) with { OnIncompleteStream = IncompleteStreamBehavior.Report };
        PlayedText whole = await PlayedText.RunAsync(CannedServer.Replaying(recording), request);
        int lastReasonAt = LastReasonAt(recording);

        foreach (int cut in Cuts(recording.Body.Length))
        {
            foreach (BodyEnding ending in Enum.GetValues<BodyEnding>())
            {
                var server = new CannedServer { ContentType = CannedServer.ContentTypeOf(recording), Pieces = [recording.Body.AsMemory(0, cut)], Ending = ending };
                PlayedText played = await PlayedText.RunAsync(server, request);
                if (played.Answer is null)
                    continue;

                string because = $"cut at {cut} of {recording.Body.Length}, {ending}: {played.Outcome.Explain()}";
                if (played.Outcome.Verdict == StreamVerdict.Completed)
                    cut.Should().BeGreaterThanOrEqualTo(lastReasonAt, because);

                foreach (TextChoice choice in played.Answer.Choices)
                    whole.Answer!.Choices.Single(one => (one.PromptIndex, one.ChoiceIndex) == (choice.PromptIndex, choice.ChoiceIndex)).Text.Should().StartWith(choice.Text, because);
            }
        }
    }

    private static IEnumerable<int> Cuts(int length)
    {
        if (IsFull)
            return Enumerable.Range(0, length);

        var random = new Random(length);
        return Enumerable.Range(0, SampledCuts).Select(_ => random.Next(length)).Append(length - 1);
    }

    // Where the last reason is complete, read off the bytes without the adapter.
    private static int LastReasonAt(Recording recording)
    {
        if (recording.Body.AsSpan().StartsWith("{"u8))
            return recording.Body.AsSpan().LastIndexOf((byte)'}') + 1;

        int at = 0, last = int.MaxValue;
        foreach (string block in Encoding.UTF8.GetString(recording.Body).Split("\n\n"))
        {
            int end = at + Encoding.UTF8.GetByteCount(block);
            if (block.StartsWith("data: {", StringComparison.Ordinal) && JsonNode.Parse(block["data: ".Length..])?["choices"] is JsonArray { Count: > 0 } choices && choices[0]!["finish_reason"] is not null)
                last = end;

            at = end + 2;
        }

        return last;
    }
}

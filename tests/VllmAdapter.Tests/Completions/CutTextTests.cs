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

    public static TheoryData<RecordedPath> Replies =>
        RecordedTextTests.Recordings.Paths(recording => recording.Exchange.Response.Status == 200 && recording.Body.Length < 20_000);

    [Theory]
    [MemberData(nameof(Replies))]
    public async Task A_reply_cut_anywhere_is_never_more_than_what_came(RecordedPath path)
    {
        Recording recording = RecordedTextTests.Recordings.At(path);
        TextRequest request = RecordedTextRequest.FromBody(recording.Asked) with { OnIncompleteStream = IncompleteStreamBehavior.Report };
        PlayedText whole = await PlayedText.RunAsync(CannedServer.Replaying(recording), request);
        int lastReasonAt = recording.ReasonsAt().Values.DefaultIfEmpty(int.MaxValue).Max();

        foreach (int cut in Sweep.Places([.. Enumerable.Range(0, recording.Body.Length)], SampledCuts))
        {
            foreach (BodyEnding ending in Enum.GetValues<BodyEnding>())
            {
                PlayedText played = await PlayedText.RunAsync(CannedServer.Cutting(recording, cut, ending), request);
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
}

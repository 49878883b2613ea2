using VllmAdapter.Tests.Recorded;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Audio;

/// <summary>
/// Every recorded stream of the audio routes, cut after a byte: without its sentinel none is ever complete, for a further piece may be missing. The cuts
/// are sampled with a fixed seed; with the environment variable VLLMADAPTER_FULL_SWEEP=1 all of them are made.
/// </summary>
[Trait("Sweep", "full")]
public sealed class CutAudioTests
{
    private const int SampledCuts = 40;

    public static TheoryData<RecordedPath> Streams => RecordedAudioTests.Recordings.Paths(recording => recording.Body.AsSpan().StartsWith("data:"u8));

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_stream_cut_anywhere_is_incomplete_and_never_more_than_what_came(RecordedPath path)
    {
        Recording recording = RecordedAudioTests.Recordings.At(path);
        var request = new TranscriptionRequest { Audio = PlayedSpeech.Sound, OnIncompleteStream = IncompleteStreamBehavior.Report };
        string whole = (await PlayedSpeech.RunAsync(CannedServer.Replaying(recording), request)).Answer!.Text;
        int doneAt = recording.Body.AsSpan().IndexOf("[DONE]"u8) + "[DONE]".Length;

        foreach (int cut in Sweep.Places([.. Enumerable.Range(0, doneAt)], SampledCuts))
        {
            foreach (BodyEnding ending in Enum.GetValues<BodyEnding>())
            {
                PlayedSpeech played = await PlayedSpeech.RunAsync(CannedServer.Cutting(recording, cut, ending), request);
                if (played.Answer is null)
                    continue;

                string because = $"cut at {cut} of {recording.Body.Length}, {ending}: {played.Outcome.Explain()}";
                played.Outcome.Verdict.Should().BeOneOf([StreamVerdict.Interrupted, StreamVerdict.Stalled, StreamVerdict.Malformed], because);
                whole.Should().StartWith(played.Answer.Text, because);
            }
        }
    }
}

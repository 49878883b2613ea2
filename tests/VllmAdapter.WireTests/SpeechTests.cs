using VllmAdapter.Testing;

namespace VllmAdapter.WireTests;

/// <summary>Audio over real sockets: the form arrives whole, and what breaks on the way back is told.</summary>
public sealed class SpeechTests
{
    private static readonly FakeVllmOptions Whisper = new() { Kinds = ModelKinds.Transcribes };
    private static readonly AudioFile Sound = AudioFile.FromBytes(new byte[3_000_000], "silence.wav");

    [Fact]
    public async Task A_large_file_goes_out_and_its_text_comes_back()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Whisper, Script.Says(" a").Finishes("stop").Says(" b").Finishes("stop").Uses(4, 6).Done());
        using VllmInferenceAdapter adapter = vllm.CreateAdapter();

        Transcription text = await adapter.TranscribeAsync(Sound).WaitAsync(RawServer.Guard);

        (text.Text, text.Outcome.Verdict).Should().Be((" a b", StreamVerdict.Completed));
        long.Parse(vllm.Requests.Single().Headers["Content-Length"], System.Globalization.CultureInfo.InvariantCulture).Should().BeGreaterThan(Sound.Content.Length);
    }

    [Fact]
    public async Task A_connection_that_is_cut_after_a_piece_is_no_end()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Whisper, Script.Says(" a").Finishes("stop").Cuts());
        using VllmInferenceAdapter adapter = vllm.CreateAdapter();

        var broken = await adapter.Awaiting(it => it.TranscribeAsync(Sound).WaitAsync(RawServer.Guard)).Should().ThrowAsync<IncompleteStreamException>();

        (broken.Which.Outcome.Verdict, Transcription.Of(broken.Which.Received).Text).Should().Be((StreamVerdict.Interrupted, " a"));
    }

    [Fact]
    public async Task Who_leaves_a_text_frees_the_server()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("a").GoesSilent());
        using VllmInferenceAdapter adapter = vllm.CreateAdapter();

        await foreach (TextChunk chunk in adapter.StreamTextAsync("Once"))
        {
            if (chunk.Text == "a")
                break;
        }

        await vllm.WhenIdleAsync().WaitAsync(RawServer.Guard);
        vllm.Aborted.Should().Be(1);
    }
}

using System.Text.Json.Nodes;
using VllmAdapter.Tests.Recorded;
using VllmAdapter.Tests.Wire;
using Xunit.Abstractions;

namespace VllmAdapter.Tests.Audio;

/// <summary>Every recorded exchange of the audio routes with a real server (vLLM 0.32.0, a tiny Whisper), replayed through the public API.</summary>
public sealed class RecordedAudioTests(ITestOutputHelper output)
{
    private const string Said = " Hello there, this is a test. Grüße, 你好 🙂.";

    internal static readonly RouteRecordings Recordings = new("Audio/Recordings", "audio");

    public static TheoryData<RecordedPath> Exchanges => Recordings.Paths(recording => IsAudio(recording) && FormOf(recording) is not null);

    [Theory]
    [MemberData(nameof(Exchanges))]
    public async Task A_form_that_a_real_server_was_sent_can_be_said_in_the_typed_API(RecordedPath path)
    {
        Recording recording = Recordings.At(path);
        JsonObject form = FormOf(recording)!;

        JsonObject fields = TranscriptionForm.Fields(Request(recording), null, UsageReporting.None);
        SentForm sent = await SentForm.ReadAsync(TranscriptionForm.Write(fields, PlayedSpeech.Sound).Bytes, TranscriptionForm.Write(fields, PlayedSpeech.Sound).ContentType);

        // What would be misread is not even said: no stream of segments.
        form.Remove(recording.Exchange.Name == "verbose-stream" ? "stream" : "");
        sent.Fields.Should().BeEquivalentTo(form.Select(field => (field.Key, field.Value!.GetValue<string>())));
    }

    [Theory]
    [MemberData(nameof(Exchanges))]
    public async Task What_came_is_judged_as_its_bytes_deserve(RecordedPath path)
    {
        Recording recording = Recordings.At(path);

        PlayedSpeech played = await PlayedSpeech.RunAsync(
            CannedServer.Replaying(recording), Request(recording), translates: recording.Exchange.Request.Path.EndsWith("translations", StringComparison.Ordinal));

        output.WriteLine($"{path}: {played.Answer?.Outcome.Explain() ?? played.Failure?.Message}");
        if (recording.Exchange.Response.Status != 200)
        {
            played.Failure.Should().BeOfType<VllmRequestException>().Which.Failure
                .Should().Be(recording.Exchange.Response.Status == 404 ? RequestFailure.ModelNotFound : RequestFailure.BadRequest);
            return;
        }

        bool isStream = recording.Body.AsSpan().StartsWith("data:"u8);
        played.Outcome.Verdict.Should().Be(
            !isStream ? StreamVerdict.Unconfirmed
            : FormOf(recording)!.ContainsKey("max_completion_tokens") ? StreamVerdict.LengthLimited
            : StreamVerdict.Completed);
        played.Outcome.Evidence.Model.Should().Be(isStream ? "tiny" : null);
        played.Outcome.Notes.Select(note => note.Kind).Should().BeSubsetOf([OutcomeNoteKind.UsageMissing]);
        string.Concat(played.Chunks.Select(chunk => chunk.Text)).Should().Be(isStream ? played.Answer!.Text : "");
    }

    [Theory]
    [InlineData("json", Said)]
    [InlineData("translate", Said)]
    [InlineData("translate-stream", Said)]
    [InlineData("stream-no-usage", Said)]
    [InlineData("stream-continuous", Said)]
    [InlineData("cut", " Hello there")]
    [InlineData("stream-long-cut", " Hello there  Hello there  Hello there")]
    public async Task The_text_is_whole(string name, string text) => (await PlayAsync(name)).Answer!.Text.Should().Be(text);

    [Fact]
    public async Task Text_that_follows_the_reason_of_a_piece_belongs_to_the_stream_and_a_cut_piece_cuts_it()
    {
        PlayedSpeech played = await PlayAsync("stream-long-cut");

        played.Chunks.Count(chunk => chunk.FinishReason == FinishReason.Length).Should().Be(3, "65 seconds are three pieces");
        played.Outcome.TerminatedBy.Should().Be(TerminationCause.Sentinel);
        played.Answer!.Usage.Should().Be(new TokenUsage { PromptTokens = 6504, CompletionTokens = 9 });
        played.Outcome.Notes.Should().BeEmpty();
    }

    [Fact]
    public async Task Segments_come_with_their_times()
    {
        Transcription answer = (await PlayAsync("verbose")).Answer!;

        (answer.Language, answer.Duration).Should().Be(("en", TimeSpan.FromSeconds(2)));
        answer.Segments.Select(segment => (segment.Index, segment.Start, segment.End, segment.Text)).Should().Equal(
            (0, TimeSpan.Zero, TimeSpan.FromSeconds(1), " Hello there."),
            (1, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), " This is a test."));
        answer.Segments[0].Should().BeEquivalentTo(new { AverageLogprob = -7.456433931986491, CompressionRatio = 0.6190476190476191, Temperature = 0.0, NoSpeechProbability = (double?)null });
        answer.Segments[0].TokenIds.Should().Equal(3959, 333, 1433, 16);
        answer.Extra.Should().BeNull("nothing is left that has no property");
    }

    [Theory]
    [InlineData("error-language", "Must be one of ['af', 'ar'")]
    [InlineData("too-large", "VLLM_MAX_AUDIO_CLIP_FILESIZE_MB")]
    [InlineData("verbose-stream", "verbose_json format")]
    [InlineData("unknown-model", "nope")]
    public async Task A_refusal_says_what_to_do(string name, string words) => (await PlayAsync(name)).Failure!.Message.Should().Contain(words);

    private static Task<PlayedSpeech> PlayAsync(string name)
    {
        Recording recording = Recordings.At(new RecordedPath(name));
        return PlayedSpeech.RunAsync(CannedServer.Replaying(recording), Request(recording), translates: recording.Exchange.Request.Path.EndsWith("translations", StringComparison.Ordinal));
    }

    private static bool IsAudio(Recording recording) => recording.Exchange.Request.Path.StartsWith("/v1/audio/", StringComparison.Ordinal);

    private static JsonObject? FormOf(Recording recording) => (recording.Exchange.Request.Body as JsonObject)?["form"]?.DeepClone().AsObject();

    private static TranscriptionRequest Request(Recording recording)
    {
        JsonObject form = FormOf(recording)!;
        return new TranscriptionRequest
        {
            Audio = PlayedSpeech.Sound,
            Model = form.Text("model"),
            Language = form.Text("language"),
            Prompt = form.Text("prompt"),
            Temperature = form.Text("temperature") is { } temperature ? double.Parse(temperature, System.Globalization.CultureInfo.InvariantCulture) : null,
            MaxTokens = form.Text("max_completion_tokens") is { } most ? int.Parse(most, System.Globalization.CultureInfo.InvariantCulture) : null,
            Segments = form.Text("response_format") == "verbose_json",
            Stream = form.Text("stream") == "true",
            UsageReporting = form.ContainsKey("stream_continuous_usage_stats") ? UsageReporting.Continuous
                : form.ContainsKey("stream_include_usage") ? UsageReporting.Final : UsageReporting.None,
            OnIncompleteStream = IncompleteStreamBehavior.Report,
        };
    }
}

using System.Text;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Audio;

/// <summary>What becomes of a transcription that ends in another way than it should, and of replies that are not whole.</summary>
public sealed class TranscriptionTests
{
    private const string Piece = """data: {"id":"transcribe-1","object":"transcription.chunk","model":"w","choices":[{"delta":{"content":" Hel"}}]}""" + "\n\n";
    private const string Stop = """data: {"id":"transcribe-1","object":"transcription.chunk","model":"w","choices":[{"delta":{"content":"lo"},"finish_reason":"stop"}]}""" + "\n\n";
    private const string Length = """data: {"id":"transcribe-1","object":"transcription.chunk","model":"w","choices":[{"delta":{"content":"lo"},"finish_reason":"length"}]}""" + "\n\n";
    private const string Silence = """data: {"id":"transcribe-1","object":"transcription.chunk","model":"w","choices":[{"delta":{"content":""},"finish_reason":"stop"}]}""" + "\n\n";
    private const string Tokens = """data: {"id":"transcribe-1","object":"transcription.chunk","model":"w","choices":[],"usage":{"prompt_tokens":4,"total_tokens":64,"completion_tokens":60}}""" + "\n\n";
    private const string Error = """data: {"error":{"message":"EngineCore encountered an issue.","type":"InternalServerError","param":null,"code":500}}""" + "\n\n";
    private const string Done = "data: [DONE]\n\n";

    public static TheoryData<string, string, BodyEnding, StreamVerdict, Certainty> Streams => new()
    {
        { "one piece", Piece + Stop + Done, BodyEnding.Clean, StreamVerdict.Completed, Certainty.Declared },
        { "three pieces", Piece + Stop + Piece + Stop + Piece + Stop + Tokens + Done, BodyEnding.Clean, StreamVerdict.Completed, Certainty.Declared },
        { "the first piece cut", Piece + Length + Piece + Stop + Done, BodyEnding.Clean, StreamVerdict.LengthLimited, Certainty.Declared },
        { "the last piece cut", Piece + Stop + Piece + Length + Done, BodyEnding.Clean, StreamVerdict.LengthLimited, Certainty.Declared },
        { "silence", Silence + Done, BodyEnding.Clean, StreamVerdict.Completed, Certainty.Declared },
        { "much silence, all counted", Silence + Silence + Silence + Tokens + Done, BodyEnding.Clean, StreamVerdict.Completed, Certainty.Declared },
        { "no reason for the last piece", Piece + Stop + Piece + Done, BodyEnding.Clean, StreamVerdict.Unconfirmed, Certainty.Inferred },
        { "cut, then no reason for the last piece", Piece + Length + Piece + Done, BodyEnding.Clean, StreamVerdict.LengthLimited, Certainty.Declared },
        { "a piece, and then nothing: others may be missing", Piece + Stop, BodyEnding.Clean, StreamVerdict.Interrupted, Certainty.Inferred },
        { "a piece, and then a broken connection", Piece + Stop, BodyEnding.Broken, StreamVerdict.Interrupted, Certainty.Observed },
        { "a piece, and then no word more", Piece + Stop, BodyEnding.Silent, StreamVerdict.Stalled, Certainty.Observed },
        { "broken inside a piece", Piece + Stop + Piece, BodyEnding.Broken, StreamVerdict.Interrupted, Certainty.Observed },
        { "an error between two pieces", Piece + Stop + Error + Done, BodyEnding.Clean, StreamVerdict.ServerError, Certainty.Observed },
        { "not JSON", Piece + "data: {oops\n\n", BodyEnding.Clean, StreamVerdict.Malformed, Certainty.Observed },
    };

    public static TheoryData<string, RequestFailure> BadReplies => new()
    {
        { """{"text":"a","segments":[{"start":0,"end":"later","text":"a"}]}""", RequestFailure.InvalidReply },
        { """{"text":"a","segments":[{"start":0,"end":1}]}""", RequestFailure.InvalidReply },
        { """{"text":"a","segments":[{"start":2,"end":1,"text":"a"}]}""", RequestFailure.InvalidReply },
        { """{"text":"a","segments":[{"start":-1,"end":1,"text":"a"}]}""", RequestFailure.InvalidReply },
        { """{"text":"a","segments":["a"]}""", RequestFailure.InvalidReply },
        { """{"text":"a","segments":{}}""", RequestFailure.InvalidReply },
        { """{"text":"a","segments":[]}""", RequestFailure.InvalidReply },
        { """{"text":"a","segments":null}""", RequestFailure.InvalidReply },
        { """{"text":"a"}""", RequestFailure.InvalidReply },
        { """{"text":""}""", RequestFailure.InvalidReply },
        { """{"text":3,"segments":[]}""", RequestFailure.InvalidReply },
        { """{"text":null}""", RequestFailure.UnexpectedContent },
        { """{"segments":[]}""", RequestFailure.UnexpectedContent },
        { """{"text":"a","segments":[]""", RequestFailure.UnexpectedContent },
        { """["text"]""", RequestFailure.UnexpectedContent },
        { "", RequestFailure.UnexpectedContent },
        { "<html><title>Sign in</title></html>", RequestFailure.UnexpectedContent },
        { """{"error":{"message":"The model does not support Transcriptions API","type":"BadRequestError","param":null,"code":400}}""", RequestFailure.RouteNotFound },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_stream_is_judged_by_all_of_its_pieces(string what, string body, BodyEnding ending, StreamVerdict verdict, Certainty certainty)
    {
        PlayedSpeech played = await PlayedSpeech.RunAsync(CannedServer.Saying(body, ending));

        (played.Outcome.Verdict, played.Outcome.Certainty).Should().Be((verdict, certainty), $"{what}: {played.Outcome.Explain()}");
        (played.Failure is IncompleteStreamException).Should().Be(!played.Outcome.IsComplete && verdict != StreamVerdict.LengthLimited);
        played.Answer!.Text.Should().Be(string.Concat(played.Chunks.Select(chunk => chunk.Text)));
    }

    [Theory]
    [MemberData(nameof(BadReplies))]
    public async Task A_reply_that_is_not_whole_is_a_typed_failure(string body, RequestFailure failure)
    {
        PlayedSpeech played = await PlayedSpeech.RunAsync(Json(body), new() { Audio = PlayedSpeech.Sound, Segments = true });

        played.Failure.Should().BeOfType<VllmRequestException>().Which.Failure.Should().Be(failure, played.Failure!.Message);
    }

    [Fact]
    public async Task Segments_are_numbered_on_over_the_pieces_and_keep_their_times()
    {
        const string Body = """
            {"duration":"61.5","language":"de","text":"a b c","segments":[{"id":0,"start":0.5,"end":29,"text":"a"},{"id":1,"start":29,"end":30,"text":" b"},{"id":0,"start":30,"end":61.5,"text":" c"}],"x_new":1}
            """;

        Transcription answer = (await PlayedSpeech.RunAsync(Json(Body), new() { Audio = PlayedSpeech.Sound, Segments = true })).Answer!;

        answer.Segments.Select(segment => (segment.Index, segment.Start.TotalSeconds, segment.End.TotalSeconds, segment.Text)).Should().Equal((0, 0.5, 29, "a"), (1, 29, 30, " b"), (2, 30, 61.5, " c"));
        answer.Duration.Should().Be(TimeSpan.FromSeconds(61.5), "servers before 0.27 write it as a text");
        answer.Extra!["x_new"].GetInt32().Should().Be(1);
        answer.Outcome.Verdict.Should().Be(StreamVerdict.Unconfirmed);
    }

    [Fact]
    public async Task A_whole_reply_is_refused_by_who_wants_it_confirmed_and_what_came_is_kept()
    {
        var request = new TranscriptionRequest { Audio = PlayedSpeech.Sound, Segments = true, OnIncompleteStream = IncompleteStreamBehavior.ThrowUnlessConfirmed };

        PlayedSpeech played = await PlayedSpeech.RunAsync(Json("""{"text":"a","segments":[{"start":0,"end":1,"text":"a"}]}"""), request);

        played.Failure.Should().BeOfType<IncompleteStreamException>();
        played.Answer!.Segments.Should().ContainSingle().Which.Text.Should().Be("a");
    }

    [Fact]
    public async Task A_server_that_does_not_stream_and_answers_whole_is_read_all_the_same()
    {
        PlayedSpeech played = await PlayedSpeech.RunAsync(Json("""{"text":" Gr\u00fc\u00dfe","language":"de"}"""));

        (played.Answer!.Text, played.Answer.Language, played.Outcome.Verdict).Should().Be((" Grüße", "de", StreamVerdict.Unconfirmed));
    }

    [Fact]
    public async Task Silence_in_a_whole_reply_is_no_cut() =>
        (await PlayedSpeech.RunAsync(Json("""{"text":""}"""), new() { Audio = PlayedSpeech.Sound, Stream = false })).Outcome.Verdict.Should().Be(StreamVerdict.Unconfirmed);

    [Fact]
    public void Segments_cannot_be_streamed() =>
        FluentActions.Invoking(() => Json("{}").NewAdapter().StreamTranscriptionAsync(new TranscriptionRequest { Audio = PlayedSpeech.Sound, Segments = true }))
            .Should().Throw<ArgumentException>().WithMessage("*TranscribeAsync*");

    [Fact]
    public async Task The_form_goes_to_the_route_with_the_adapters_key_and_again_after_a_failure()
    {
        List<(string Path, string? Key, SentForm Form)> sent = [];
        using var server = new AskedServer(async request =>
        {
            byte[] body = await request.Content!.ReadAsByteArrayAsync();
            sent.Add((request.RequestUri!.AbsolutePath, request.Headers.Authorization?.Parameter, await SentForm.ReadAsync(body, request.Content.Headers.ContentType!.ToString())));
            return sent.Count % 2 == 1
                ? new HttpResponseMessage(System.Net.HttpStatusCode.ServiceUnavailable)
                : new HttpResponseMessage { Content = new StringContent(Piece + Stop + Done, Encoding.UTF8, "text/event-stream") };
        });
        using var http = new HttpClient(server);
        var adapter = new VllmInferenceAdapter(http, new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test"), ApiKey = "key", Resilience = { BaseDelay = TimeSpan.FromMilliseconds(1) } });

        Transcription text = await adapter.TranscribeAsync(PlayedSpeech.Sound);
        Transcription english = await adapter.TranslateAsync(PlayedSpeech.Sound);

        (text.Text, text.Outcome.Attempts, english.Text).Should().Be((" Hello", 2, " Hello"));
        sent.Select(request => (request.Path, request.Key)).Should().Equal(
            ("/v1/audio/transcriptions", "key"), ("/v1/audio/transcriptions", "key"), ("/v1/audio/translations", "key"), ("/v1/audio/translations", "key"));
        sent.Should().OnlyContain(request => request.Form.File.SequenceEqual(PlayedSpeech.Sound.Content.ToArray()));
    }

    private static CannedServer Json(string body) => new() { ContentType = "application/json", Pieces = [Encoding.UTF8.GetBytes(body)] };

    private sealed class AskedServer(Func<HttpRequestMessage, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => answer(request);
    }
}

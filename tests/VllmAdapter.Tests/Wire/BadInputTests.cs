using System.IO.Compression;
using System.Net;
using System.Text;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Wire;

/// <summary>Bytes that no vLLM should send, and some that proxies do: each gets a typed result that keeps what was received.</summary>
public sealed class BadInputTests
{
    private const string Hello = """data: {"id":"1","choices":[{"index":0,"delta":{"content":"Hello"}}]}""";
    private const string Stop = """data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""";
    private const string Usage = """data: {"id":"1","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12}}""";
    private const string Done = "data: [DONE]";
    private const string ErrorInStream = """data: {"error":{"message":"boom","type":"InternalServerError","code":500}}""";

    public static TheoryData<string, string, StreamVerdict, string> Streams => new()
    {
        // What the table's columns are: the row's name, the body with \n for a line end, the verdict, the text.
        { "a whole answer", Events(Hello, Stop, Usage, Done), StreamVerdict.Completed, "Hello" },
        { "line ends CR", Events(Hello, Stop, Usage, Done).Replace('\n', '\r'), StreamVerdict.Completed, "Hello" },
        { "line ends CR LF", Events(Hello, Stop, Usage, Done).ReplaceLineEndings("\r\n"), StreamVerdict.Completed, "Hello" },
        { "a byte order mark", "\uFEFF" + Events(Hello, Stop, Done), StreamVerdict.Completed, "Hello" },
        { "no space after the colon", Events(Hello, Stop, Done).Replace("data: ", "data:", StringComparison.Ordinal), StreamVerdict.Completed, "Hello" },
        { "white space around the sentinel", Events(Hello, Stop, "data:  [DONE] "), StreamVerdict.Completed, "Hello" },
        { "comments", ": ping\n\n" + Events(Hello) + ": keep-alive\n\n" + Events(Stop, Done), StreamVerdict.Completed, "Hello" },
        { "id and retry lines", Events("id: 7\nretry: 10\n" + Hello, Stop, Done), StreamVerdict.Completed, "Hello" },
        { "an event over several data lines", "data: {\"choices\":[{\"index\":0,\ndata: \"delta\":{\"content\":\"Hello\"}}]}\n\n" + Events(Stop, Done), StreamVerdict.Completed, "Hello" },
        { "two events glued by a proxy", Hello + "\n" + Stop + "\n" + Done + "\n\n", StreamVerdict.Completed, "Hello" },
        { "a sentinel with a name", Events(Hello, Stop, "event: done\n" + Done, "data: oops"), StreamVerdict.Completed, "Hello" },
        { "an event named ping", "event: ping\ndata: pong\n\n" + Events(Hello, Stop, Done), StreamVerdict.Completed, "Hello" },
        { "an empty event", "data:\n\ndata\n\n" + Events(Hello, Stop, Done), StreamVerdict.Completed, "Hello" },
        { "an event that is null", Events("data: null", Hello, Stop, Done), StreamVerdict.Completed, "Hello" },
        { "error: null on a healthy chunk (openai-go)", Events(Hello.Replace("{\"id\"", "{\"error\":null,\"id\"", StringComparison.Ordinal), Stop, Done), StreamVerdict.Completed, "Hello" },
        { "a chunk without choices first", Events("""data: {"prompt_filter_results":[]}""", Hello, Stop, Done), StreamVerdict.Completed, "Hello" },
        { "an unknown reason", Events(Hello, Stop.Replace("stop", "bored", StringComparison.Ordinal), Done), StreamVerdict.StoppedByServer, "Hello" },
        { "an empty reason on every chunk (ollama#4357)", Events(Hello.Replace("}}]", "},\"finish_reason\":\"\"}]", StringComparison.Ordinal), Done), StreamVerdict.Unconfirmed, "Hello" },
        { "two sentinels", Events(Hello, Stop, Done, Done), StreamVerdict.Completed, "Hello" },
        { "events after the sentinel", Events(Hello, Stop, Done, Hello), StreamVerdict.Completed, "Hello" },

        { "the last event lacks its blank line", Events(Hello) + Stop, StreamVerdict.Completed, "Hello" },
        { "the sentinel lacks its blank line", Events(Hello) + Done, StreamVerdict.Unconfirmed, "Hello" },
        { "the body ends inside an event", Events(Hello) + Stop[..40], StreamVerdict.Interrupted, "Hello" },
        { "the body ends inside the second of two glued events", Hello + "\n" + Stop[..40], StreamVerdict.Interrupted, "Hello" },
        { "the body ends inside the sentinel", Events(Hello) + Done[..9], StreamVerdict.Interrupted, "Hello" },
        { "the body ends inside a field's name", Events(Hello) + "da", StreamVerdict.Interrupted, "Hello" },
        { "the body ends after a field's name", Events(Hello) + "data: ", StreamVerdict.Interrupted, "Hello" },
        { "the body ends inside a comment", Events(Hello) + ": pi", StreamVerdict.Interrupted, "Hello" },
        { "nothing at all", "", StreamVerdict.Interrupted, "" },
        { "nothing but comments", ": ping\n\n: ping\n\n", StreamVerdict.Interrupted, "" },
        { "nothing but the sentinel", Events(Done), StreamVerdict.Interrupted, "" },

        { "an event that is not JSON", Events(Hello, "data: {oops", Stop, Done), StreamVerdict.Malformed, "Hello" },
        { "an event that is a number", Events(Hello, "data: 42", Stop, Done), StreamVerdict.Malformed, "Hello" },
        { "an event that is a list", Events(Hello, "data: []", Stop, Done), StreamVerdict.Malformed, "Hello" },
        { "an event that is text", Events(Hello, "data: \"oops\"", Stop, Done), StreamVerdict.Malformed, "Hello" },
        { "a sentinel that nobody knows", Events(Hello, "data: [THE END]", Stop, Done), StreamVerdict.Malformed, "Hello" },
        { "HTML called an event stream", "<html><title>502 Bad Gateway</title></html>", StreamVerdict.Malformed, "" },
        { "HTML after events", Events(Hello) + "<html>", StreamVerdict.Malformed, "Hello" },
        { "bare JSON lines called an event stream", Hello["data: ".Length..] + "\n", StreamVerdict.Malformed, "" },
        { "plain text called an event stream", "upstream connect error\n", StreamVerdict.Malformed, "" },
        { "plain text without a line end", "upstream connect error", StreamVerdict.Malformed, "" },
        { "plain text in place of an end", Events(Hello) + "Internal Server Error", StreamVerdict.Malformed, "Hello" },
        { "plain text between events", Events(Hello) + "Internal Server Error\n\n" + Events(Hello), StreamVerdict.Interrupted, "HelloHello" },
        { "plain text after the finish reason", Events(Hello, Stop) + "Internal Server Error\n", StreamVerdict.Completed, "Hello" },
        { "plain text that begins like a field", "error code: 502\n", StreamVerdict.Malformed, "" },
        { "plain text that begins like a field, without a line end", "error code: 502", StreamVerdict.Malformed, "" },
        { "plain text that begins like a field, with a blank line", "retry later: overloaded\n\n", StreamVerdict.Malformed, "" },
        { "plain text that is longer than any field", "database connection pool exhausted\n", StreamVerdict.Malformed, "" },
        { "plain text after a byte order mark", "\uFEFFupstream connect error", StreamVerdict.Malformed, "" },
        { "HTML after a byte order mark", "\uFEFF<html>", StreamVerdict.Malformed, "" },
        { "nothing but a comment after a byte order mark", "\uFEFF: ping\n\n", StreamVerdict.Interrupted, "" },
        { "a body that ends inside its first field's name", "\uFEFFdat", StreamVerdict.Interrupted, "" },
        { "bare JSON over several lines", "{\n  \"status\": \"ok\"\n}\n", StreamVerdict.Malformed, "" },
        { "bare JSON over several lines, cut", "{\n  \"error\": {\"mess", StreamVerdict.Malformed, "" },
        { "a control character inside a string", Events(Hello.Replace("Hello", "He\0llo", StringComparison.Ordinal)), StreamVerdict.Malformed, "" },

        { "an error in mid-stream", Events(Hello, ErrorInStream, Done), StreamVerdict.ServerError, "Hello" },
        { "an error that is text", Events(Hello, """data: {"error":"boom"}""", Done), StreamVerdict.ServerError, "Hello" },
        { "an error that is a list", Events(Hello, """data: {"error":[{"message":"boom"}]}""", Done), StreamVerdict.ServerError, "Hello" },
        { "a flat error", Events(Hello, """data: {"object":"error","message":"boom","code":500}""", Done), StreamVerdict.ServerError, "Hello" },
        { "a flat error by its type", Events(Hello, """data: {"type":"error","message":"boom"}""", Done), StreamVerdict.ServerError, "Hello" },
        { "an error in words of a gateway's own", Events(Hello, """data: {"error":{"reason":"upstream died"}}""", Done), StreamVerdict.ServerError, "Hello" },
        { "an error of a choice in words of a gateway's own", Events(Hello, """data: {"choices":[{"index":0,"delta":{},"error":{"reason":"upstream died"}}]}""", Done), StreamVerdict.ServerError, "Hello" },
        { "an event named error", Events(Hello, "event: error\ndata: boom"), StreamVerdict.ServerError, "Hello" },
        { "an error next to empty choices (OmniRoute#8210)", Events(Hello, """data: {"choices":[],"error":{"message":"boom","code":"500"}}"""), StreamVerdict.ServerError, "Hello" },
        { "an error without a frame (OpenFlowLM#64)", Events(Hello) + """{"error":{"message":"boom","code":500}}""", StreamVerdict.ServerError, "Hello" },
        { "an error over several lines without a frame", Events(Hello) + "{\n  \"error\": {\n    \"message\": \"boom\"\n  }\n}\n", StreamVerdict.ServerError, "Hello" },
        { "an error after the finish reason", Events(Hello, Stop, """data: {"error":{"message":"boom","code":500}}""", Done), StreamVerdict.ServerError, "Hello" },
        { "an error after the role chunk", Events("""data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}""", """data: {"error":{"message":"boom","code":500}}"""), StreamVerdict.ServerError, "" },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Awkward_bytes_get_their_verdict_however_they_are_split(string row, string body, StreamVerdict verdict, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        foreach (int size in new[] { int.MaxValue, 1, 7 })
        {
            Played played = await Played.RunAsync(new CannedServer { Pieces = Split(bytes, size) }, ChatRequest.FromPrompt("Hello."));

            played.Completion.Should().NotBeNull($"{row}, {size} bytes at a time: {played.Failure?.Message}");
            played.Outcome.Verdict.Should().Be(verdict, $"{row}, {size} bytes at a time: {played.Outcome.Explain()}");
            played.Completion!.Text.Should().Be(text, row);
            played.Failure.Should().Match<Exception?>(failure => failure == null || failure is IncompleteStreamException);
            played.Outcome.Evidence.Bytes.Should().BeLessThanOrEqualTo(bytes.Length);
        }
    }

    [Theory]
    [InlineData("[END]")]
    [InlineData("END")]
    [InlineData("done")]
    [InlineData("<<end>>")]
    [InlineData("""{"done":true}""")]
    public async Task A_sentinel_that_some_policy_knows_ends_the_stream_and_is_never_malformed(string sentinel)
    {
        IStreamTerminationPolicy itself = VllmAdapter.Termination.OnSentinel(sentinel);
        IStreamTerminationPolicy deadline = VllmAdapter.Termination.After(TimeSpan.FromHours(1));
        string body = Events(Hello, $"data: {sentinel}", Hello);

        Played alone = await RunAsync(itself);
        Played first = await RunAsync(VllmAdapter.Termination.FirstOf(deadline, itself));
        Played all = await RunAsync(VllmAdapter.Termination.AllOf(VllmAdapter.Termination.FirstOf(itself), deadline));
        Played unknown = await RunAsync(deadline);

        new[] { alone, first, all }.Should().OnlyContain(played => played.Outcome.Verdict == StreamVerdict.Unconfirmed && played.Text == "Hello");
        (alone.Outcome.TerminatedBy, first.Outcome.TerminatedBy, all.Outcome.TerminatedBy)
            .Should().Be((TerminationCause.Sentinel, TerminationCause.Sentinel, TerminationCause.EndOfBody));
        unknown.Outcome.Evidence.SentinelSeen.Should().BeFalse();

        Task<Played> RunAsync(IStreamTerminationPolicy policy) =>
            Played.RunAsync(body, ChatRequest.FromPrompt("Hello.") with { Termination = policy });
    }

    public static TheoryData<string, string, StreamVerdict, string, string?> Silences => new()
    {
        // What the table's columns are: the row's name, the body, the verdict, the text, what could not be read.
        { "after an event", Events(Hello), StreamVerdict.Stalled, "Hello", null },
        { "before an event's blank line", Hello, StreamVerdict.Stalled, "Hello", null },
        { "in the middle of an event", Events(Hello) + Stop[..40], StreamVerdict.Stalled, "Hello", Stop["data: ".Length..40] },
        { "before the finish reason's blank line", Events(Hello) + Stop, StreamVerdict.Completed, "Hello", null },
        { "before the sentinel's blank line", Events(Hello, Stop) + Done, StreamVerdict.Completed, "Hello", null },
        { "before an error's blank line", Events(Hello) + ErrorInStream, StreamVerdict.ServerError, "Hello", null },
    };

    [Theory]
    [MemberData(nameof(Silences))]
    public async Task What_came_before_a_silence_is_read(string row, string body, StreamVerdict verdict, string text, string? unread)
    {
        Played played = await Played.RunAsync(CannedServer.Saying(body, BodyEnding.Silent), ChatRequest.FromPrompt("Hello."));

        played.Completion!.Text.Should().Be(text, row);
        played.Outcome.Verdict.Should().Be(verdict, played.Outcome.Explain());
        played.Outcome.Evidence.UnreadText.Should().Be(unread);
    }

    [Fact]
    public async Task A_whole_reply_before_a_silence_is_an_answer_and_half_of_one_is_kept()
    {
        const string Reply = """{"id":"1","choices":[{"index":0,"message":{"content":"Hello"},"finish_reason":"stop"}]}""";
        ChatRequest request = ChatRequest.FromPrompt("Hello.") with { Stream = false };

        Played whole = await Played.RunAsync(Silent(Reply), request);
        Played half = await Played.RunAsync(Silent(Reply[..30]), request);

        whole.Outcome.Verdict.Should().Be(StreamVerdict.Completed, whole.Outcome.Explain());
        whole.Text.Should().Be("Hello");
        half.Outcome.Verdict.Should().Be(StreamVerdict.Stalled, half.Outcome.Explain());
        half.Outcome.Evidence.UnreadText.Should().Be(Reply[..30]);

        static CannedServer Silent(string body) =>
            new() { ContentType = "application/json", Pieces = [Encoding.UTF8.GetBytes(body)], Ending = BodyEnding.Silent };
    }

    [Theory]
    [InlineData("""data: {"error":{"message":"sk-secret is refused","type":"sk-secret","code":"sk-secret"}}""")]
    [InlineData("""data: {"choices":[{"index":0,"delta":{},"error":{"message":"sk-secret is refused"},"finish_reason":"error"}]}""")]
    [InlineData("data: {sk-secret")]
    [InlineData("<html>sk-secret is refused</html>")]
    public async Task An_API_key_that_the_stream_repeats_is_kept_out_of_every_text(string line)
    {
        var options = new VllmAdapterOptions { ApiKey = "sk-secret", Resilience = { MaxAttempts = 1 } };

        Played played = await Played.RunAsync(CannedServer.Saying(Events(Hello, line)), ChatRequest.FromPrompt("Hello."), options);

        played.Outcome.IsComplete.Should().BeFalse();
        string[] texts = [played.Outcome.ToJson(), played.Outcome.Explain(), played.Outcome.ToString(), played.Failure!.ToString()];
        texts.Should().OnlyContain(text => !text.Contains("sk-secret"));
        played.Outcome.ToJson().Should().Contain("***");
    }

    [Fact]
    public async Task What_could_not_be_read_is_kept()
    {
        Played played = await Played.RunAsync(Events(Hello, "data: {oops", Done));

        played.Outcome.Evidence.UnreadText.Should().Be("{oops");
        played.Failure.Should().BeOfType<IncompleteStreamException>().Which.Received.Text.Should().Be("Hello");
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF_8_become_the_replacement_character_and_are_noted()
    {
        byte[] body = [.. Encoding.UTF8.GetBytes(Hello[..^5]), 0xFF, .. Encoding.UTF8.GetBytes(Hello[^5..] + "\n\n" + Events(Stop, Done))];

        Played played = await Played.RunAsync(new CannedServer { Pieces = [body] }, ChatRequest.FromPrompt("Hello."));

        played.Completion!.Text.Should().Be("Hello\uFFFD");
        played.Outcome.Verdict.Should().Be(StreamVerdict.Completed);
        played.Outcome.Notes.Should().Contain(note => note.Kind == OutcomeNoteKind.LossyText);
    }

    [Theory]
    [InlineData(100 * 1024 * 1024, "data: ")]
    [InlineData(100 * 1024 * 1024, ": ")]
    [InlineData(int.MaxValue, "data: ")]
    public async Task A_line_that_is_too_long_is_refused_within_bounded_memory(int length, string start)
    {
        var body = new EndlessLine(Encoding.UTF8.GetBytes(Events(Hello) + start), length);
        using var client = new HttpClient(new StreamServer(body)) { BaseAddress = new Uri("http://vllm.test"), Timeout = Timeout.InfiniteTimeSpan };
        var adapter = new VllmInferenceAdapter(client, new VllmAdapterOptions { MaxEventBytes = 1024 * 1024 });
        long before = GC.GetTotalAllocatedBytes(precise: true);

        Func<Task> ask = () => adapter.CompleteChatAsync(ChatRequest.FromPrompt("Hello."));

        var thrown = await ask.Should().ThrowAsync<IncompleteStreamException>();
        thrown.Which.Outcome.Verdict.Should().Be(StreamVerdict.Malformed);
        thrown.Which.Message.Should().Contain("1,048,576 bytes").And.Contain("MaxEventBytes");
        thrown.Which.Received.Text.Should().Be("Hello");
        body.BytesRead.Should().BeLessThan(4 * 1024 * 1024);
        (GC.GetTotalAllocatedBytes(precise: true) - before).Should().BeLessThan(16 * 1024 * 1024);
    }

    [Fact]
    public async Task However_many_events_are_glued_together_they_are_copied_only_once()
    {
        string glued = "data: " + string.Concat(Enumerable.Repeat("{}", 100_000)) + Hello["data: ".Length..] + "\n\n";
        long before = GC.GetTotalAllocatedBytes(precise: true);

        Played played = await Played.RunAsync(glued + Events(Stop, Done));

        // Other tests allocate meanwhile, but not the 10 GB that a copy for each of them would take.
        played.Completion!.Text.Should().Be("Hello");
        (GC.GetTotalAllocatedBytes(precise: true) - before).Should().BeLessThan(1024 * 1024 * 1024);
    }

    public static TheoryData<string, int, string?, string, RequestFailure, string> Refusals => new()
    {
        { "HTML with status 200", 200, "text/html", "<html><title>Sign in</title></html>", RequestFailure.UnexpectedContent, "Sign in" },
        { "plain text with status 200", 200, "text/plain", "ok", RequestFailure.UnexpectedContent, "ok" },
        { "NDJSON with status 200", 200, "application/x-ndjson", "{\"done\":false}\n", RequestFailure.UnexpectedContent, "done" },
        { "JSON that is no completion", 200, "application/json", "{\"status\":\"ok\"}", RequestFailure.UnexpectedContent, "status" },
        { "an error in JSON with status 200 (vLLM 0.15, #34516)", 200, "application/json", """{"error":{"message":"boom","code":500}}""", RequestFailure.ServerError, "boom" },
        { "an error as first event", 200, "text/event-stream", "data: {\"error\":{\"message\":\"boom\",\"code\":400}}\n\ndata: [DONE]\n\n", RequestFailure.BadRequest, "boom" },
        { "an error as first event after a comment", 200, "text/event-stream", ": ping\n\ndata: {\"error\":{\"message\":\"boom\",\"code\":400}}\n\n", RequestFailure.BadRequest, "boom" },
        { "an error as first event after a ping in JSON", 200, "text/event-stream", "event: ping\ndata: {\"type\":\"ping\"}\n\ndata: {\"error\":{\"message\":\"boom\",\"code\":400}}\n\n", RequestFailure.BadRequest, "boom" },
        { "an error without a frame, first", 200, "text/event-stream", "{\"error\":{\"message\":\"boom\",\"code\":400}}\n", RequestFailure.BadRequest, "boom" },
        { "an error over several lines without a frame, first", 200, "text/event-stream", "{\n  \"error\": {\n    \"message\": \"boom\",\n    \"code\": 400\n  }\n}\n", RequestFailure.BadRequest, "boom" },
        { "204", 204, null, "", RequestFailure.UnexpectedContent, "204" },
        { "a redirect", 307, null, "", RequestFailure.UnexpectedContent, "307" },
        { "an empty 500 (vLLM 0.8.5 with a dead engine)", 500, null, "", RequestFailure.EngineDead, "500" },
        { "an HTML 502", 502, "text/html", "<html><title>502 Bad Gateway</title></html>", RequestFailure.Unavailable, "502" },
        { "an HTML 504", 504, "text/html", "<html><title>504 Gateway Time-out</title></html>", RequestFailure.Timeout, "504" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_reply_that_never_became_a_stream_says_why(
        string row, int status, string? contentType, string body, RequestFailure failure, string sentenceHas)
    {
        var server = new CannedServer { Status = status, ContentType = contentType, Pieces = [Encoding.UTF8.GetBytes(body)] };

        Played played = await Played.RunAsync(server, ChatRequest.FromPrompt("Hello."));

        var refused = played.Failure.Should().BeOfType<VllmRequestException>(row).Subject;
        refused.Failure.Should().Be(failure, refused.Message);
        refused.StatusCode.Should().Be((HttpStatusCode)status);
        (refused.Message + refused.ResponseBody).Should().Contain(sentenceHas);
        played.Chunks.Should().BeEmpty();
    }

    [Theory]
    [InlineData("", StreamVerdict.Interrupted)]
    [InlineData("""{"choices":[{"index":0,"message":{"content":"Hel""", StreamVerdict.Interrupted)]
    [InlineData("""{"choices":[}""", StreamVerdict.Malformed)]
    [InlineData("""{"choices":[{"index":0,"message":{"content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}""", StreamVerdict.Completed)]
    [InlineData("\uFEFF{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hello\"},\"finish_reason\":\"stop\"}]}\n", StreamVerdict.Completed)]
    [InlineData("""{"choices":[{"index":0,"message":{"content":null},"finish_reason":null}]}""", StreamVerdict.Interrupted)]
    public async Task A_whole_reply_is_judged_like_a_stream(string body, StreamVerdict verdict)
    {
        var server = new CannedServer { ContentType = "application/json", Pieces = Split(Encoding.UTF8.GetBytes(body), 5) };

        Played played = await Played.RunAsync(server, ChatRequest.FromPrompt("Hello.") with { Stream = false });

        played.Outcome.Verdict.Should().Be(verdict, played.Outcome.Explain());
        played.Outcome.Evidence.IsWholeReply.Should().BeTrue();
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task A_compressed_reply_is_read(string encoding)
    {
        var server = new CannedServer { Pieces = [Compress(Events(Hello, Stop, Done), encoding)], Headers = [("Content-Encoding", encoding)] };

        Played played = await Played.RunAsync(server, ChatRequest.FromPrompt("Hello."));

        played.Outcome.Verdict.Should().Be(StreamVerdict.Completed, played.Outcome.Explain());
        played.Completion!.Text.Should().Be("Hello");
    }

    [Fact]
    public async Task Nobody_is_asked_to_compress_unless_the_caller_says_so()
    {
        using var vllm = FakeVllm.InMemory(Script.Says("Hello").Finishes("stop").Done());
        ChatRequest request = ChatRequest.FromPrompt("Hello.");
        var gzip = new RequestHeaders { Additional = new Dictionary<string, string>(StringComparer.Ordinal) { ["Accept-Encoding"] = "gzip" } };

        await vllm.CreateAdapter().CompleteChatAsync(request);
        await vllm.CreateAdapter().CompleteChatAsync(request with { Headers = gzip });

        vllm.Requests.Select(sent => sent.Headers["Accept-Encoding"]).Should().Equal("identity", "gzip");
    }

    [Fact]
    public async Task A_compressed_reply_that_was_cut_is_no_completed_one()
    {
        byte[] compressed = Compress(Events(Hello, Stop, Done), "gzip");
        var server = new CannedServer { Pieces = [compressed.AsMemory(0, compressed.Length / 2)], Headers = [("Content-Encoding", "gzip")] };

        Played played = await Played.RunAsync(server, ChatRequest.FromPrompt("Hello."));

        played.Failure.Should().BeOfType<IncompleteStreamException>();
        played.Outcome.Verdict.Should().BeOneOf(StreamVerdict.Interrupted, StreamVerdict.Malformed);
    }

    /// <summary>The decompressors of .NET end quietly there: a clean end to the eye, and no end at all (pydantic-ai PR#7388).</summary>
    [Fact]
    public async Task A_compressed_reply_that_was_cut_between_two_events_was_cut()
    {
        var server = new CannedServer { Pieces = Split(CompressAndFlush(Events(Hello)), 7), Headers = [("Content-Encoding", "gzip")] };

        Played played = await Played.RunAsync(server, ChatRequest.FromPrompt("Hello."));

        played.Outcome.Verdict.Should().Be(StreamVerdict.Interrupted, played.Outcome.Explain());
        played.Completion!.Text.Should().Be("Hello");
        played.Outcome.Evidence.TransportError.Should().Contain("compressed");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_compressed_reply_with_its_end_ended_in_order(string encoding)
    {
        var server = new CannedServer { Pieces = Split(Compress(Events(Hello, Stop), encoding), 7), Headers = [("Content-Encoding", encoding)] };

        Played played = await Played.RunAsync(server, ChatRequest.FromPrompt("Hello."));

        played.Outcome.Verdict.Should().Be(StreamVerdict.Completed, played.Outcome.Explain());
        played.Outcome.Evidence.BodyEnd.Should().Be(BodyEnd.InOrder);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_compressed_refusal_is_read(string encoding)
    {
        var server = new CannedServer
        {
            Status = 400,
            ContentType = "application/json",
            Pieces = [Compress("""{"error":{"message":"boom","type":"BadRequestError","code":400}}""", encoding)],
            Headers = [("Content-Encoding", encoding)],
        };

        Played played = await Played.RunAsync(server, ChatRequest.FromPrompt("Hello."));

        played.Failure.Should().BeOfType<VllmRequestException>().Which.ServerMessage.Should().Be("boom");
    }

    [Fact]
    public async Task A_refusal_that_is_called_compressed_and_is_not_is_known_by_its_status()
    {
        var server = new CannedServer { Status = 502, ContentType = "text/html", Pieces = ["<html>"u8.ToArray()], Headers = [("Content-Encoding", "gzip")] };

        Played played = await Played.RunAsync(server, ChatRequest.FromPrompt("Hello."));

        played.Failure.Should().BeOfType<VllmRequestException>().Which.Failure.Should().Be(RequestFailure.Unavailable);
    }

    private static string Events(params string[] events) => string.Concat(events.Select(one => one + "\n\n"));

    private static ReadOnlyMemory<byte>[] Split(byte[] bytes, int size) =>
        [.. bytes.Chunk(Math.Min(size, Math.Max(1, bytes.Length))).Select(piece => (ReadOnlyMemory<byte>)piece)];

    private static byte[] Compress(string text, string encoding)
    {
        var compressed = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(compressed, CompressionMode.Compress),
            "br" => new BrotliStream(compressed, CompressionMode.Compress),
            _ => new ZLibStream(compressed, CompressionMode.Compress),
        })
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        return compressed.ToArray();
    }

    // As far as a gateway has come that flushes after every event.
    private static byte[] CompressAndFlush(string text)
    {
        var compressed = new MemoryStream();
        using var stream = new GZipStream(compressed, CompressionMode.Compress);
        stream.Write(Encoding.UTF8.GetBytes(text));
        stream.Flush();
        return compressed.ToArray();
    }

    private sealed class StreamServer(Stream body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage { Content = new StreamContent(body) { Headers = { ContentType = new("text/event-stream") } } });
    }
}

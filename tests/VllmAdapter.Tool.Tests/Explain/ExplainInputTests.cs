using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Tests.Explain;

public sealed class ExplainInputTests
{
    private const string Role = """data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}""" + "\n\n";
    private const string Hello = """data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}""" + "\n\n";
    private const string Stop = """data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\n";
    private const string Whole = """{"choices":[{"index":0,"message":{"content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}""";
    private const string Done = "data: [DONE]\n\n";

    public static TheoryData<string, string, string, string> Formats => new()
    {
        { "events", Role + Hello + Stop + Done, "Completed", "the events of a stream" },
        { "events without an end", Role + Hello, "Interrupted", "the events of a stream" },
        { "events cut inside one", Role + Hello + Stop[..40], "Interrupted", "the events of a stream" },
        { "events after a comment", ": ping\n\n" + Role + Hello + Stop + Done, "Completed", "the events of a stream" },
        { "events after a byte order mark", "\uFEFF" + Role + Hello + Stop + Done, "Completed", "the events of a stream" },
        { "a whole reply", Whole, "Completed", "a whole reply" },
        { "a whole reply that breaks off", Whole[..60], "Interrupted", "a whole reply" },
        { "an error", """{"error":{"message":"n must be 1","type":"BadRequestError","param":"n","code":400}}""", "Refused", "a whole reply" },
        { "a flat error", """{"object":"error","message":"n must be 1","type":"BadRequestError","code":400}""", "Refused", "a whole reply" },
        { "curl -i", "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n" + Role + Hello + Stop + Done, "Completed", "what curl -i printed" },
        { "curl -i over HTTP/2", "HTTP/2 200 \ncontent-type: text/event-stream\n\n" + Role + Hello + Stop + Done, "Completed", "what curl -i printed" },
        { "curl -i after 100", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n" + Whole, "Completed", "what curl -i printed" },
        { "curl -i through a tunnel", "HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n" + Whole, "Completed", "what curl -i printed" },
        { "curl -i of less than announced", "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n" + Whole[..60], "Interrupted", "what curl -i printed" },
        { "curl -i of a refusal", "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/html\r\n\r\n<html>down</html>", "Refused", "what curl -i printed" },
        { "curl -i of a page", "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>hello</html>", "Refused", "what curl -i printed" },
    };

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task A_file_is_known_by_its_first_bytes(string what, string content, string verdict, string format)
    {
        JsonObject piped = Told(await ToolRun.OfAsync(["explain", "-", "--json"], piped: content));
        using var file = new TemporaryFile(content);
        JsonObject read = Told(await ToolRun.OfAsync(["explain", file.Path, "--json"]));

        piped["verdict"]!.GetValue<string>().Should().Be(verdict, "{0} ends so", what);
        piped["format"]!.GetValue<string>().Should().Be(format);
        read["verdict"]!.GetValue<string>().Should().Be(verdict);
        if (verdict != "Refused")
            Missing(piped).Should().Contain(missing => missing.StartsWith("the request", StringComparison.Ordinal));
    }

    public static TheoryData<string, string> Unreadable => new()
    {
        { "", "standard input is empty: nothing came." },
        { "  \n", "standard input is empty: nothing came." },
        { "hello", "it begins with \"hello\"" },
        { "<html>", "it begins with \"<html>\"" },
        { "[1, 2]", "is not a recording of a chat answer" },
        { """{"name": "a", "value": 1}""", "is not a recording of a chat answer" },
        { """{"request": {}, "response": {}}""", "looks like a recorded exchange, but cannot be read: \"name\" is missing." },
        { "HTTP/1.1 200 OK\r\ncontent-type: te", "its headers do not end" },
        { "HTTP/1.1 hello\r\n\r\n", "which is not an HTTP status line" },
        { "HTTP/9\r\n\r\n", "which is not an HTTP status line" },
    };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public async Task What_is_no_recording_is_a_sentence_and_code_2(string content, string sentence)
    {
        ToolRun run = await ToolRun.OfAsync(["explain", "-"], piped: content);

        run.Code.Should().Be(2);
        run.Out.Should().BeEmpty();
        run.Error.Should().Contain(sentence).And.NotContain("   at ").And.NotContain("should not have happened");
    }

    [Fact]
    public async Task A_keyboard_is_not_waited_for()
    {
        ToolRun run = await ToolRun.OfAsync(["explain", "-"], piped: null);

        run.Code.Should().Be(2);
        run.Error.Should().StartWith("Nothing is piped in.");
    }

    [Theory]
    [InlineData("nowhere.json")]
    [InlineData("no-folder/nowhere.json")]
    [InlineData(".")]
    public async Task A_file_that_cannot_be_read_is_a_sentence_and_code_2(string path)
    {
        ToolRun run = await ToolRun.OfAsync(["explain", path]);

        run.Code.Should().Be(2);
        run.Error.Should().NotBeEmpty().And.NotContain("   at ").And.NotContain("should not have happened");
    }

    [Theory]
    [InlineData("vllm-0.33.0/general/tokenize-chat", "POST /tokenize")]
    [InlineData("vllm-0.33.0/general/models", "GET /v1/models")]
    public async Task Answers_of_other_routes_are_not_guessed_at(string recording, string route)
    {
        ToolRun run = await ToolRun.OfAsync(["explain", RecordingFiles.PathOf(recording)]);

        run.Code.Should().Be(2);
        run.Error.Should().Contain(route).And.Contain("explain reads answers of POST /v1/chat/completions.");
    }

    [Fact]
    public async Task With_the_request_a_masked_cut_is_found_in_bare_events()
    {
        const string Recording = "vllm-0.8.5/hermes/tools-cut-at-22";
        string events = Encoding.UTF8.GetString(RecordingFiles.BodyOf(Recording));
        using var request = new TemporaryFile(RecordedExchange.Load(RecordingFiles.PathOf(Recording)).Request.Body!.ToJsonString());

        JsonObject without = Told(await ToolRun.OfAsync(["explain", "-", "--json"], piped: events));
        JsonObject with = Told(await ToolRun.OfAsync(["explain", "-", "--json", "--request", request.Path], piped: events));

        without["verdict"]!.GetValue<string>().Should().Be("Completed");
        Missing(without).Should().Contain(missing => missing.Contains("give it with --request", StringComparison.Ordinal));
        with["verdict"]!.GetValue<string>().Should().Be("LengthLimited");
        with["must_not_run"]!.AsArray().Should().ContainSingle();
        Missing(with).Should().NotContain(missing => missing.StartsWith("the request", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("[]", "a JSON object is expected")]
    [InlineData("{", "is not a request")]
    public async Task A_request_that_is_none_is_a_sentence_and_code_2(string text, string sentence)
    {
        using var request = new TemporaryFile(text);

        ToolRun run = await ToolRun.OfAsync(["explain", "-", "--request", request.Path], piped: Role + Done);

        run.Code.Should().Be(2);
        run.Error.Should().Contain(sentence);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("many")]
    public async Task A_context_window_is_a_number_of_tokens(string window)
    {
        ToolRun run = await ToolRun.OfAsync(["explain", "-", "--context-window", window], piped: Role + Done);

        run.Code.Should().Be(2);
        run.Error.Should().Contain(window);
    }

    [Fact]
    public async Task The_context_window_takes_the_doubt_from_calls()
    {
        string recording = RecordingFiles.PathOf("vllm-0.33.0/hermes/tools-parallel");

        ToolRun without = await ToolRun.OfAsync(["explain", recording]);
        ToolRun with = await ToolRun.OfAsync(["explain", recording, "--context-window", "32768"]);

        without.Out.Should().Contain("--context-window");
        with.Out.Should().NotContain("--context-window");
    }

    private static JsonObject Told(ToolRun run)
    {
        run.Error.Should().BeEmpty();
        return JsonNode.Parse(run.Out)!.AsObject();
    }

    private static string[] Missing(JsonObject told) => [.. told["missing"]!.AsArray().Select(missing => missing!.GetValue<string>())];
}

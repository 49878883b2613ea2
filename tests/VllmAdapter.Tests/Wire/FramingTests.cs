using System.Text;

namespace VllmAdapter.Tests.Wire;

/// <summary>A body is read by what it is, whatever it is called and however it was cut into reads.</summary>
public sealed class FramingTests
{
    private const string Hello = """{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hello"}}]}""";
    private const string Stop = """{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""";
    private const string Whole = """{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}]}""";
    private const string Error = """{"error":{"message":"worker died","code":503}}""";

    private static readonly string Events = $"data: {Hello}\n\ndata: {Stop}\n\ndata: [DONE]\n\n";

    public static TheoryData<string, string?, string> Answers => new()
    {
        { "events called JSON (microsoft/foundry-dev-tools#195)", "application/json", Events },
        { "events called text", "text/plain", Events },
        { "events called HTML", "text/html", Events },
        { "events called bytes", "application/octet-stream", Events },
        { "events without a name", null, Events },
        { "events after a comment and blank lines, called JSON", "application/json", "\n\n: ping\n\n" + Events },
        { "a whole reply called events", "text/event-stream", Whole },
        { "a whole reply called events, with a sentinel glued behind it (decolua/9router#3492)", "text/event-stream", Whole + "data: [DONE]\n\n" },
        { "a whole reply called text", "text/plain", Whole },
        { "a whole reply after line feeds that kept it warm (SillyTavern#4351)", "application/json", new string('\n', 40) + Whole },
        { "the same, called events", "text/event-stream", new string('\n', 40) + Whole },
        { "a whole reply after a byte order mark, called events", "text/event-stream", "\uFEFF" + Whole },
        { "a sentinel in quotes", "text/event-stream", Events.Replace("[DONE]", "\"[DONE]\"", StringComparison.Ordinal) },
        { "a small sentinel", "text/event-stream", Events.Replace("[DONE]", "[done]", StringComparison.Ordinal) },
    };

    public static TheoryData<string, string?, string, RequestFailure> Refusals => new()
    {
        { "an error without a frame", "text/event-stream", Error, RequestFailure.Unavailable },
        { "the same over several lines and something behind it", "text/event-stream", Error.Replace(",", ",\n", StringComparison.Ordinal) + "\ndata: [DONE]\n\n", RequestFailure.Unavailable },
        { "the same with CR", "text/event-stream", Error + "\rdata: [DONE]\r\r", RequestFailure.Unavailable },
        { "an error field (ggml-org/llama.cpp#16104)", "text/event-stream", $"error: {Error}\n\ndata: [DONE]\n\n", RequestFailure.Unavailable },
        { "a page", "text/html", "<html>Sign in</html>", RequestFailure.UnexpectedContent },
        { "a page called JSON", "application/json", "<html>Sign in</html>", RequestFailure.UnexpectedContent },
        { "text called JSON", "application/json", "upstream connect error", RequestFailure.UnexpectedContent },
        { "JSON that is no reply", "application/json", """{"status":"ok"}""", RequestFailure.UnexpectedContent },
        { "JSON that is no reply, called text", "text/plain", """{"status":"ok"}""", RequestFailure.UnexpectedContent },
        { "JSON lines", "application/x-ndjson", Hello + "\n" + Hello + "\n", RequestFailure.UnexpectedContent },
    };

    public static TheoryData<string, string, StreamVerdict, string> Broken => new()
    {
        { "an error without a frame after text", $"data: {Hello}\n\n{Error}\n", StreamVerdict.ServerError, "worker died" },
        { "the same, pretty-printed, and a sentinel behind it", $"data: {Hello}\n\n{{\n\"error\":\"boom\"}}\ndata: [DONE]\n\n", StreamVerdict.ServerError, "boom" },
        { "the same with CR", $"data: {Hello}\r\r{{\"error\":\"boom\"}}\rdata: [DONE]\r\r", StreamVerdict.ServerError, "boom" },
        { "an error field after text", $"data: {Hello}\n\nerror: {Error}\n\ndata: [DONE]\n\n", StreamVerdict.ServerError, "worker died" },
        { "an error field in words", $"data: {Hello}\n\nerror: out of memory\n\ndata: [DONE]\n\n", StreamVerdict.ServerError, "out of memory" },
        { "an error field with CRLF", $"data: {Hello}\r\n\r\nerror: out of memory\r\n\r\n", StreamVerdict.ServerError, "out of memory" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task An_answer_is_one_whatever_it_is_called(string row, string? contentType, string body) =>
        await HoweverItIsSplitAsync(row, contentType, body, played =>
        {
            played.Failure.Should().BeNull(row);
            (played.Outcome.Verdict, played.Completion!.Text).Should().Be((StreamVerdict.Completed, "Hello"), row);
            played.Outcome.Evidence.UnreadText.Should().BeNull(row);
        });

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_refusal_is_one_whatever_it_is_called(string row, string? contentType, string body, RequestFailure failure) =>
        await HoweverItIsSplitAsync(row, contentType, body, played =>
            played.Failure.Should().BeOfType<VllmRequestException>(row).Which.Failure.Should().Be(failure, row));

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task An_error_in_mid_stream_is_found_however_it_is_framed(string row, string body, StreamVerdict verdict, string words) =>
        await HoweverItIsSplitAsync(row, "text/event-stream", body, played =>
        {
            (played.Outcome.Verdict, played.Text).Should().Be((verdict, "Hello"), row);
            played.Outcome.Evidence.Error!.Message.Should().Be(words, row);
        });

    public static TheoryData<string, BodyEnding> LineEnds
    {
        get
        {
            var rows = new TheoryData<string, BodyEnding>();
            foreach (string lineEnd in new[] { "\n", "\r", "\r\n" })
            {
                foreach (BodyEnding ending in Enum.GetValues<BodyEnding>())
                    rows.Add(lineEnd, ending);
            }

            return rows;
        }
    }

    /// <summary>The parser waits for the byte behind a CR; the event is whole without it.</summary>
    [Theory]
    [MemberData(nameof(LineEnds))]
    public async Task The_last_event_before_a_cut_is_read_with_every_line_end(string lineEnd, BodyEnding ending)
    {
        string cut = $"data: {Hello}\n\ndata: {Stop}\n\ndata: {Hello.Replace("}}]}", "},\"finish_reason\":\"length\"}]}", StringComparison.Ordinal)}\n\n".Replace("\n", lineEnd, StringComparison.Ordinal);
        await HoweverItIsSplitAsync(lineEnd, "text/event-stream", cut, played =>
            (played.Outcome.Verdict, played.Completion!.Text).Should().Be((StreamVerdict.LengthLimited, "HelloHello")), ending);
    }

    /// <summary>A last event that lacks its blank line is read if it can be, and then the body did not end inside of it.</summary>
    [Fact]
    public async Task A_last_event_without_its_blank_line_is_one() =>
        await HoweverItIsSplitAsync("unterminated", "text/event-stream", $"data: {Hello}\n\ndata: [DONE]", played =>
        {
            (played.Outcome.Verdict, played.Completion!.Text).Should().Be((StreamVerdict.Unconfirmed, "Hello"));
            (played.Outcome.Evidence.BodyEnd, played.Outcome.Evidence.SentinelSeen).Should().Be((null, true));
        });

    [Theory]
    [InlineData("\n")]
    [InlineData("\r")]
    [InlineData("\r\n")]
    public async Task A_sentinel_is_seen_at_once_with_every_line_end(string lineEnd)
    {
        CannedServer server = CannedServer.Saying($"data: {Hello}\n\ndata: [DONE]\n\n".Replace("\n", lineEnd, StringComparison.Ordinal), BodyEnding.Silent);
        Played played = await Played.RunAsync(server, ChatRequest.FromPrompt("Hello."));

        (played.Outcome.Verdict, played.Outcome.TerminatedBy).Should().Be((StreamVerdict.Unconfirmed, TerminationCause.Sentinel));
    }

    /// <summary>An event of several data lines is one, also where a read ends between CR and LF.</summary>
    [Theory]
    [InlineData("\r")]
    [InlineData("\r\n")]
    [InlineData("\n")]
    public async Task An_event_of_several_lines_stays_one(string lineEnd)
    {
        string body = $"data: {Hello.Replace(",\"choices\"", ",\ndata: \"choices\"", StringComparison.Ordinal)}\n\ndata: {Stop}\n\ndata: [DONE]\n\n"
            .Replace("\n", lineEnd, StringComparison.Ordinal);

        await HoweverItIsSplitAsync(lineEnd, "text/event-stream", body, played =>
            (played.Outcome.Verdict, played.Completion!.Text, played.Outcome.Evidence.Events).Should().Be((StreamVerdict.Completed, "Hello", 3)));
    }

    private static async Task HoweverItIsSplitAsync(
        string row, string? contentType, string body, Action<Played> check, BodyEnding ending = BodyEnding.Clean)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        List<IReadOnlyList<ReadOnlyMemory<byte>>> splits = [[bytes], [.. bytes.Select((_, at) => (ReadOnlyMemory<byte>)bytes.AsMemory(at, 1))]];
        for (int at = 1; at < bytes.Length; at++)
            splits.Add([bytes.AsMemory(0, at), bytes.AsMemory(at)]);

        foreach (IReadOnlyList<ReadOnlyMemory<byte>> pieces in splits)
        {
            var server = new CannedServer { ContentType = contentType, Pieces = pieces, Ending = ending };
            check(await Played.RunAsync(server, ChatRequest.FromPrompt("Hello.")));
        }
    }
}

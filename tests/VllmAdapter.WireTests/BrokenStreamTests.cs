using static VllmAdapter.WireTests.Sse;

namespace VllmAdapter.WireTests;

/// <summary>Streams that began and were broken, or framed oddly, by what carries them: verdict, text kept, and calls.</summary>
public sealed class BrokenStreamTests
{
    private static readonly string Hel = Says("Hel");
    private static readonly string Lo = Says("lo");
    private static readonly string Stop = Finishes("stop");
    private static readonly string Calls = Finishes("tool_calls");
    private static readonly string Answer = Hel + Lo + Stop + Usage + Done;
    private static readonly string AnswerInChunks = Chunks(Hel, Lo, Stop, Usage, Done);

    private const string Whole =
        "{\"id\":\"1\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello\"},\"finish_reason\":\"stop\"}],"
        + "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":4,\"total_tokens\":14}}";

    private static readonly Dictionary<string, Row> Rows = new(StringComparer.Ordinal)
    {
        // Where a connection is reset. The server waits until the client has handed out what came before.
        ["reset between headers and body"] = Row.Of(Resets(Chunked), StreamVerdict.Interrupted, ""),
        ["reset after the role chunk"] = Row.Of(Resets(Chunked + Chunk(Says("")), after: 1), StreamVerdict.Interrupted, ""),
        ["reset between events"] = Row.Of(Resets(Chunked + Chunks(Hel, Lo), after: 2), StreamVerdict.Interrupted, "Hello"),
        ["reset inside a chunk's size line"] = Row.Of(Resets(Chunked + Chunk(Hel) + "4", after: 1), StreamVerdict.Interrupted, "Hel"),
        ["reset after a chunk's size line"] = Row.Of(Resets(Chunked + Chunk(Hel) + "40\r\n", after: 1), StreamVerdict.Interrupted, "Hel"),
        ["reset inside a chunk's data"] = Row.Of(Resets(Chunked + Chunk(Hel) + "40\r\ndata: {\"id\":", after: 1), StreamVerdict.Interrupted, "Hel"),
        ["reset before a chunk's closing line end"] = Row.Of(Resets(Chunked + Chunk(Hel) + Chunk(Lo)[..^2], after: 2), StreamVerdict.Interrupted, "Hello"),
        ["reset inside a call"] = Row.Of(Resets(Chunked + Chunk(CallStarts), after: 1), StreamVerdict.Interrupted, "", withheld: 1),
        ["reset after a whole call, before its reason"] = Row.Of(Resets(Chunked + Chunks(CallStarts, CallEnds), after: 2), StreamVerdict.Interrupted, "", withheld: 1),
        ["reset after the finish"] = Row.Of(Resets(Chunked + Chunks(Hel, Lo, Stop), after: 3), StreamVerdict.Completed, "Hello"),
        ["reset after a call's finish, no usage"] = Row.Of(Resets(Chunked + Chunks(CallStarts, CallEnds, Calls), after: 3), StreamVerdict.Completed, "", withheld: 1),
        ["reset after a call's usage, which shows room left"] = Row.Of(Resets(Chunked + Chunks(CallStarts, CallEnds, Calls, Usage), after: 4), StreamVerdict.Completed, "", ready: 1),
        ["reset after the sentinel"] = Row.Of(Resets(Chunked + AnswerInChunks, after: 5), StreamVerdict.Completed, "Hello"),
        ["reset after a call's sentinel"] = Row.Of(Resets(Chunked + Chunks(CallStarts, CallEnds, Calls, Done), after: 4), StreamVerdict.Completed, "", ready: 1),
        ["reset of a body with a length"] = Row.Of(Resets(WithLength(10_000) + Hel, after: 1), StreamVerdict.Interrupted, "Hel"),
        ["reset of a body without a length"] = Row.Of(Resets("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + Hel, after: 1), StreamVerdict.Interrupted, "Hel"),

        // A connection that is closed in order before the body is through.
        ["closed between headers and body"] = Row.Of(Closes(Chunked), StreamVerdict.Interrupted, ""),
        ["closed between events"] = Row.Of(Closes(Chunked + Chunks(Hel, Lo)), StreamVerdict.Interrupted, "Hello"),
        ["closed inside a chunk's size line"] = Row.Of(Closes(Chunked + Chunk(Hel) + "4"), StreamVerdict.Interrupted, "Hel"),
        ["closed inside a chunk's data"] = Row.Of(Closes(Chunked + Chunk(Hel) + "40\r\ndata: {\"id\":"), StreamVerdict.Interrupted, "Hel"),
        ["closed inside a call"] = Row.Of(Closes(Chunked + Chunk(CallStarts)), StreamVerdict.Interrupted, "", withheld: 1),
        ["closed after a whole call, before its reason"] = Row.Of(Closes(Chunked + Chunks(CallStarts, CallEnds)), StreamVerdict.Interrupted, "", withheld: 1),
        ["closed after the finish"] = Row.Of(Closes(Chunked + Chunks(Hel, Lo, Stop)), StreamVerdict.Completed, "Hello"),
        ["closed after the sentinel, last chunk missing"] = Row.Of(Closes(Chunked + AnswerInChunks), StreamVerdict.Completed, "Hello"),
        ["closed after a call's sentinel, last chunk missing"] = Row.Of(Closes(Chunked + Chunks(CallStarts, CallEnds, Calls, Done)), StreamVerdict.Completed, "", ready: 1),
        ["closed inside the last chunk"] = Row.Of(Closes(Chunked + AnswerInChunks + "0\r"), StreamVerdict.Completed, "Hello"),
        ["half closed"] = Row.Of(HalfCloses(Chunked + Chunks(Hel, Lo)), StreamVerdict.Interrupted, "Hello"),

        // Lengths that are not true.
        ["a length that is true"] = Row.Of(Holds(WithLength(Answer.Length) + Answer), StreamVerdict.Completed, "Hello"),
        ["a length too large"] = Row.Of(Closes(WithLength(10_000) + Hel + Lo), StreamVerdict.Interrupted, "Hello"),
        ["a length too large, after the sentinel"] = Row.Of(Closes(WithLength(10_000) + Answer), StreamVerdict.Completed, "Hello"),
        ["a length too large for a call"] = Row.Of(Closes(WithLength(10_000) + CallStarts + CallEnds), StreamVerdict.Interrupted, "", withheld: 1),
        ["a length too small, inside an event"] = Row.Of(Holds(WithLength(Hel.Length + 20) + Answer), StreamVerdict.Interrupted, "Hel"),
        ["a length too small, inside a call"] = Row.Of(Holds(WithLength(CallStarts.Length) + CallStarts + CallEnds), StreamVerdict.Interrupted, "", withheld: 1),
        ["a length too small, after a whole event"] = Row.Of(Holds(WithLength(Hel.Length) + Answer), StreamVerdict.Interrupted, "Hel"),

        // No length at all: HTTP/1.0, and 1.1 that closes. Whether the body was cut cannot be seen.
        ["HTTP/1.0, whole"] = Row.Of(Closes("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + Answer), StreamVerdict.Completed, "Hello"),
        ["HTTP/1.0, without reason and sentinel"] = Row.Of(Closes("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + Hel + Lo), StreamVerdict.Interrupted, "Hello"),
        ["HTTP/1.0, cut inside an event"] = Row.Of(Closes("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + Hel + Lo[..30]), StreamVerdict.Interrupted, "Hel"),
        ["HTTP/1.0, cut inside a call"] = Row.Of(Closes("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + CallStarts), StreamVerdict.Interrupted, "", withheld: 1),
        ["HTTP/1.0, a whole call without reason and sentinel"] = Row.Of(Closes("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + CallStarts + CallEnds), StreamVerdict.Interrupted, "", withheld: 1),
        ["closed to mark the end"] = Row.Of(Closes(Head + "Connection: close\r\n\r\n" + Answer), StreamVerdict.Completed, "Hello"),

        // Packets, and framing that is allowed.
        ["one byte in each packet"] = Row.Of(connection => connection.TrickleAsync(Chunked + AnswerInChunks + LastChunk), StreamVerdict.Completed, "Hello"),
        ["one byte in each packet, a call"] = Row.Of(connection => connection.TrickleAsync(Chunked + Chunks(CallStarts, CallEnds, Calls, Usage, Done) + LastChunk), StreamVerdict.Completed, "", ready: 1),
        ["every byte a chunk of its own"] = Row.Of(Holds(Chunked + Chunks([.. Answer.Select(letter => letter.ToString())]) + LastChunk), StreamVerdict.Completed, "Hello"),
        ["CR LF over two packets"] = Row.Of(SendsInTurn(Chunked + Chunk(Hel.ReplaceLineEndings("\r\n")[..^1]), Chunk("\n" + Lo.ReplaceLineEndings("\r\n")[..^3]), Chunk("\n\r\n" + Stop + Done) + LastChunk), StreamVerdict.Completed, "Hello"),
        ["headers over many packets"] = Row.Of(SendsInTurn("HTTP/1.", "1 200 OK\r", "\nContent-Type: text/event-", "stream\r\nTransfer-Encoding: chunked\r\n\r", "\n", AnswerInChunks + LastChunk), StreamVerdict.Completed, "Hello"),
        ["chunk extensions, leading zeros and trailers"] = Row.Of(Holds($"{Chunked}{Hel.Length:X8};name=value\r\n{Hel}\r\n{Chunks(Lo, Stop, Usage, Done)}0;last\r\nX-Trailer: 1\r\n\r\n"), StreamVerdict.Completed, "Hello"),
        ["an event over many chunks"] = Row.Of(Holds(Chunked + Chunks([.. Answer.Chunk(3).Select(three => new string(three))]) + LastChunk), StreamVerdict.Completed, "Hello"),
        ["everything in one packet"] = Row.Of(Holds(Chunked + Chunk(Answer) + LastChunk), StreamVerdict.Completed, "Hello"),
        ["100 Continue first"] = Row.Of(Holds("HTTP/1.1 100 Continue\r\n\r\n" + Chunked + AnswerInChunks + LastChunk), StreamVerdict.Completed, "Hello"),
        ["informational responses first"] = Row.Of(Holds("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + Chunked + AnswerInChunks + LastChunk), StreamVerdict.Completed, "Hello"),
        ["a media type in capitals"] = Row.Of(Holds("HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream\r\nTransfer-Encoding: chunked\r\n\r\n" + AnswerInChunks + LastChunk), StreamVerdict.Completed, "Hello"),
        ["no media type"] = Row.Of(Holds("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + AnswerInChunks + LastChunk), StreamVerdict.Completed, "Hello"),
        ["a media type that nobody can read"] = Row.Of(Holds("HTTP/1.1 200 OK\r\nContent-Type: ;;\r\nTransfer-Encoding: chunked\r\n\r\n" + AnswerInChunks + LastChunk), StreamVerdict.Completed, "Hello"),
        ["an encoding that is none"] = Row.Of(Holds(Head + "Content-Encoding: Identity\r\nTransfer-Encoding: chunked\r\n\r\n" + AnswerInChunks + LastChunk), StreamVerdict.Completed, "Hello"),
        ["a length next to chunks"] = Row.Of(Holds(Head + "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n" + AnswerInChunks + LastChunk), StreamVerdict.Completed, "Hello"),
        ["201 instead of 200"] = Row.Of(Holds(Chunked.Replace("200 OK", "201 Created", StringComparison.Ordinal) + AnswerInChunks + LastChunk), StreamVerdict.Completed, "Hello"),

        // Framing that is broken. (.NET drops what came in the same read as a broken chunk, so it comes in the next.)
        ["a chunk size that is no number"] = Row.Of(Breaks("zz\r\n" + Lo), StreamVerdict.Interrupted, "Hel"),
        ["a chunk size that is negative"] = Row.Of(Breaks("-1\r\n" + Lo), StreamVerdict.Interrupted, "Hel"),
        ["a chunk size beyond all bounds"] = Row.Of(Breaks("ffffffffffffffffff\r\n" + Lo), StreamVerdict.Interrupted, "Hel"),
        ["a chunk size too large, then closed"] = Row.Of(Closes(Chunked + Chunk(Hel) + "ffff\r\n" + Lo), StreamVerdict.Interrupted, "Hello"),
        ["a chunk size too small"] = Row.Of(Breaks("5\r\n" + Lo), StreamVerdict.Interrupted, "Hel"),
        ["an empty chunk size line"] = Row.Of(Breaks("\r\n" + Lo), StreamVerdict.Interrupted, "Hel"),
        ["a chunk size line without end"] = Row.Of(Breaks(new string('1', 100_000)), StreamVerdict.Interrupted, "Hel"),
        ["a length that is no number"] = Row.Of(Closes(Head + "Content-Length: many\r\n\r\n" + Answer), StreamVerdict.Completed, "Hello"),
        ["the body ends early by its framing"] = Row.Of(Holds(Chunked + Chunk(Hel) + LastChunk), StreamVerdict.Interrupted, "Hel"),
        ["a call's body ends early by its framing"] = Row.Of(Holds(Chunked + Chunk(CallStarts) + LastChunk), StreamVerdict.Interrupted, "", withheld: 1),
        ["no chunk at all"] = Row.Of(Holds(Chunked + LastChunk), StreamVerdict.Interrupted, ""),
        ["bytes where chunks should be"] = Row.Of(Holds(Chunked + Answer), StreamVerdict.Interrupted, ""),
        ["gzip that is none"] = Row.Of(Holds(Head + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + AnswerInChunks + LastChunk), StreamVerdict.Malformed, ""),
        ["HTML called an event stream"] = Row.Of(Holds(Chunked + Chunk("<html><body>502 Bad Gateway</body></html>") + LastChunk), StreamVerdict.Malformed, ""),
        ["a proxy's page after events"] = Row.Of(Closes(Chunked + Chunks(Hel, "<html><body>504 Gateway Time-out</body></html>")), StreamVerdict.Malformed, "Hel"),
        ["a proxy's whole response inside the body"] = Row.Of(Breaks("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"), StreamVerdict.Interrupted, "Hel"),
        ["an error event, then a reset"] = Row.Of(Resets(Chunked + Chunks(Hel, "data: {\"error\":{\"message\":\"boom\",\"code\":500}}\n\n"), after: 1), StreamVerdict.ServerError, "Hel"),
        ["an error event inside a call, then a reset"] = Row.Of(Resets(Chunked + Chunks(CallStarts, CallEnds, "data: {\"error\":{\"message\":\"boom\",\"code\":500}}\n\n"), after: 2), StreamVerdict.ServerError, "", withheld: 1),
    };

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_stream_gets_its_verdict_and_keeps_what_came(string name)
    {
        Row row = Rows[name];
        await using var server = RawServer.Start(row.Script);

        Played played = await Played.RunAsync(server);

        played.Completion.Should().NotBeNull(played.Failure?.ToString());
        played.Outcome.Verdict.Should().Be(row.Verdict, played.Outcome.Explain());
        played.Completion!.Text.Should().Be(row.Text);
        played.Outcome.ToolCalls.Should().HaveCount(row.Ready, played.Outcome.Explain());
        played.Outcome.WithheldToolCalls.Should().HaveCount(row.Withheld, played.Outcome.Explain());
        played.Chunks.Count(chunk => chunk.Outcome is not null).Should().Be(1);
        played.Chunks[^1].Outcome.Should().BeSameAs(played.Outcome);
        (played.Failure is IncompleteStreamException).Should().Be(!played.Outcome.IsComplete);
    }

    public static TheoryData<string, StreamVerdict, string> WholeReplies => new()
    {
        { Reply("200 OK", "Content-Type: application/json\r\n", Whole), StreamVerdict.Completed, "Hello" },
        { "HTTP/1.1 200 OK\r\nContent-Type: APPLICATION/JSON\r\nContent-Length: 9000\r\n\r\n" + Whole, StreamVerdict.Completed, "Hello" },
        { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + Chunk(Whole), StreamVerdict.Completed, "Hello" },
        { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n" + Whole[..70], StreamVerdict.Interrupted, "" },
        { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 70\r\n\r\n" + Whole[..70], StreamVerdict.Interrupted, "" },
        { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n", StreamVerdict.Interrupted, "" },
        { "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + Whole, StreamVerdict.Completed, "Hello" },
    };

    [Theory]
    [MemberData(nameof(WholeReplies))]
    public async Task A_whole_reply_counts_if_its_JSON_is_whole(string bytes, StreamVerdict verdict, string text)
    {
        await using var server = RawServer.Start(Closes(bytes));

        Played played = await Played.RunAsync(server, Played.Request with { Stream = false });

        played.Outcome.Verdict.Should().Be(verdict, played.Outcome.Explain());
        played.Completion!.Text.Should().Be(text);
    }

    private static RawScript Resets(string bytes, int after = 0) => async connection =>
    {
        await connection.SendAsync(bytes);
        await connection.WhenHandedOutAsync(after);
        connection.Reset();
    };

    private static RawScript Closes(string bytes) => async connection =>
    {
        await connection.SendAsync(bytes);
        connection.Close();
    };

    private static RawScript HalfCloses(string bytes) => async connection =>
    {
        await connection.SendAsync(bytes);
        connection.HalfClose();
        await connection.UntilClientLeavesAsync();
    };

    // Leaves the connection open: what ends the stream is what was sent.
    private static RawScript Holds(string bytes) => connection => connection.SendAsync(bytes);

    private static RawScript Breaks(string framing) => async connection =>
    {
        await connection.SendAsync(Chunked + Chunk(Hel));
        await connection.WhenHandedOutAsync(1);
        await connection.SendAsync(framing);
    };

    private static RawScript SendsInTurn(params string[] packets) => async connection =>
    {
        foreach (string packet in packets)
            await connection.SendAsync(packet);
    };

    private sealed record Row(RawScript Script, StreamVerdict Verdict, string Text, int Ready, int Withheld)
    {
        public static Row Of(RawScript script, StreamVerdict verdict, string text, int ready = 0, int withheld = 0) =>
            new(script, verdict, text, ready, withheld);
    }
}

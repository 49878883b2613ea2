using VllmAdapter.Testing;
using static VllmAdapter.WireTests.Sse;

namespace VllmAdapter.WireTests;

/// <summary>Servers that keep the connection and say nothing, at every point of a reply. Time is moved by hand.</summary>
public sealed class SilenceTests
{
    private readonly TaskCompletionSource _said = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _clientLeft = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static readonly TimeLimits Limits = new()
    {
        Headers = TimeSpan.FromSeconds(70),
        FirstChunk = TimeSpan.FromSeconds(50),
        BetweenChunks = TimeSpan.FromSeconds(30),
        Grace = TimeSpan.FromSeconds(3),
    };

    private static readonly Dictionary<string, Row> Rows = new(StringComparer.Ordinal)
    {
        ["no first chunk"] = new(Chunked, Limits.FirstChunk, StreamVerdict.Stalled, ""),
        ["a piece of the first event"] = new(Chunked + "40\r\ndata: {", Limits.FirstChunk, StreamVerdict.Stalled, ""),
        ["a piece of a chunk's size line"] = new(Chunked + "4", Limits.FirstChunk, StreamVerdict.Stalled, ""),
        ["chunks, then nothing"] = new(Chunked + Chunks(Says("Hel"), Says("lo")), Limits.BetweenChunks, StreamVerdict.Stalled, "Hello"),
        ["chunks, then half an event"] = new(Chunked + Chunks(Says("Hel"), Says("lo")[..30]), Limits.BetweenChunks, StreamVerdict.Stalled, "Hel"),
        ["half a call"] = new(Chunked + Chunks(CallStarts), Limits.BetweenChunks, StreamVerdict.Stalled, "", Withheld: 1),
        ["a whole call without a reason"] = new(Chunked + Chunks(CallStarts, CallEnds), Limits.BetweenChunks, StreamVerdict.Stalled, "", Withheld: 1),
        ["a length that never comes"] = new(WithLength(10_000) + Says("Hel"), Limits.BetweenChunks, StreamVerdict.Stalled, "Hel"),
        ["HTTP/1.0"] = new("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + Says("Hel"), Limits.BetweenChunks, StreamVerdict.Stalled, "Hel"),
        ["after the finish"] = new(Chunked + Chunks(Says("Hel"), Finishes("stop")), Limits.Grace, StreamVerdict.Completed, "Hel"),
        ["after a call's finish"] = new(Chunked + Chunks(CallStarts, CallEnds, Finishes("tool_calls")), Limits.Grace, StreamVerdict.Completed, "", Withheld: 1),
        ["after a call's usage"] = new(Chunked + Chunks(CallStarts, CallEnds, Finishes("tool_calls"), Usage), Limits.Grace, StreamVerdict.Completed, "", Ready: 1),
        ["HTML without an end"] = new(Chunked + Chunk("<html><body>"), Limits.FirstChunk, StreamVerdict.Malformed, ""),
    };

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Silence_ends_at_its_limit_and_hangs_up(string name)
    {
        Row row = Rows[name];
        var clock = new ManualTimeProvider();
        await using var server = RawServer.Start(GoesSilentAfter(row.Bytes));

        Task<Played> playing = PlayAsync(server, clock);
        await _said.Task.WaitAsync(RawServer.Guard);
        await clock.WhenTimerArmedAsync(row.Limit).WaitAsync(RawServer.Guard);
        clock.Advance(row.Limit);
        Played played = await playing;

        played.Completion.Should().NotBeNull(played.Failure?.ToString());
        played.Outcome.Verdict.Should().Be(row.Verdict, played.Outcome.Explain());
        played.Completion!.Text.Should().Be(row.Text);
        played.Outcome.ToolCalls.Should().HaveCount(row.Ready);
        played.Outcome.WithheldToolCalls.Should().HaveCount(row.Withheld);
        await _clientLeft.Task.WaitAsync(RawServer.Guard);
    }

    [Fact]
    public async Task Keep_alive_comments_are_no_chunks_however_many_come()
    {
        var clock = new ManualTimeProvider();
        await using var server = RawServer.Start(async connection =>
        {
            await connection.SendAsync(Chunked);
            _said.SetResult();
            try
            {
                while (true)
                    await connection.SendAsync(Chunk(": keep-alive\n\n"));
            }
            finally
            {
                _clientLeft.SetResult();
            }
        });

        Task<Played> playing = PlayAsync(server, clock);
        await _said.Task.WaitAsync(RawServer.Guard);
        await clock.WhenTimerArmedAsync(Limits.FirstChunk).WaitAsync(RawServer.Guard);
        clock.Advance(Limits.FirstChunk);
        Played played = await playing;

        played.Outcome.Verdict.Should().Be(StreamVerdict.Stalled, played.Outcome.Explain());
        await _clientLeft.Task.WaitAsync(RawServer.Guard);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 2")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n")]
    public async Task A_server_that_accepts_and_never_answers_is_given_up(string bytes)
    {
        var clock = new ManualTimeProvider();
        await using var server = RawServer.Start(GoesSilentAfter(bytes));

        Task<Played> playing = PlayAsync(server, clock);
        await _said.Task.WaitAsync(RawServer.Guard);
        await clock.WhenTimerArmedAsync(Limits.Headers).WaitAsync(RawServer.Guard);
        clock.Advance(Limits.Headers);

        VllmRequestException refused = (await playing).Failure.Should().BeOfType<VllmRequestException>().Subject;
        refused.Failure.Should().Be(RequestFailure.Timeout);
        refused.IsRetryable.Should().BeTrue();
        await _clientLeft.Task.WaitAsync(RawServer.Guard);
    }

    [Theory]
    [InlineData("503 Service Unavailable", "text/html", RequestFailure.Unavailable)]
    [InlineData("400 Bad Request", "application/json", RequestFailure.BadRequest)]
    [InlineData("200 OK", "text/html", RequestFailure.UnexpectedContent)]
    public async Task A_refusal_whose_body_never_ends_is_known_by_its_status(string status, string type, RequestFailure failure)
    {
        var clock = new ManualTimeProvider();
        await using var server = RawServer.Start(GoesSilentAfter($"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: 9000\r\n\r\nSorry"));

        Task<Played> playing = PlayAsync(server, clock);
        await _said.Task.WaitAsync(RawServer.Guard);
        await clock.WhenTimerArmedAsync(VllmTransport.RefusalLimit).WaitAsync(RawServer.Guard);
        clock.Advance(VllmTransport.RefusalLimit);

        VllmRequestException refused = (await playing).Failure.Should().BeOfType<VllmRequestException>().Subject;
        refused.Failure.Should().Be(failure);
        refused.ResponseBody.Should().Be("Sorry");
        await _clientLeft.Task.WaitAsync(RawServer.Guard);
    }

    [Fact]
    public async Task A_whole_reply_that_does_not_come_is_stalled()
    {
        var clock = new ManualTimeProvider();
        await using var server = RawServer.Start(GoesSilentAfter(""));

        Task<Played> playing = PlayAsync(server, clock, Played.Request with { Stream = false });
        await _said.Task.WaitAsync(RawServer.Guard);
        await clock.WhenTimerArmedAsync(Limits.FirstChunk).WaitAsync(RawServer.Guard);
        clock.Advance(Limits.FirstChunk);

        (await playing).Outcome.Verdict.Should().Be(StreamVerdict.Stalled);
        await _clientLeft.Task.WaitAsync(RawServer.Guard);
    }

    private static Task<Played> PlayAsync(RawServer server, ManualTimeProvider clock, ChatRequest? request = null) =>
        Played.RunAsync(Played.NewAdapter(server.Endpoint, new VllmAdapterOptions { TimeLimits = Limits }, clock), server, request);

    private RawScript GoesSilentAfter(string bytes) => async connection =>
    {
        await connection.SendAsync(bytes);
        _said.SetResult();
        await connection.UntilClientLeavesAsync();
        _clientLeft.TrySetResult();
    };

    private sealed record Row(string Bytes, TimeSpan Limit, StreamVerdict Verdict, string Text, int Ready = 0, int Withheld = 0);
}

using System.Net;

namespace VllmAdapter.Testing.Tests;

/// <summary>One script, one conversation on the wire, whatever carries it.</summary>
public sealed class TransportTests
{
    private static readonly Dictionary<string, ScriptedReply> Scripts = new(StringComparer.Ordinal)
    {
        ["plain stop"] = Script.Says("Grüße, ", "你好 🙂").Finishes("stop").Uses(10, 2).Done(),
        ["one byte at a time"] = Script.Says("Grüße", "🙂").Finishes("stop").Done().InPiecesOf(1),
        ["odd pieces"] = Script.Says("a", "b").Finishes("stop").Done().InPiecesOf(7, 1, 64),
        ["one piece"] = Script.Says("a", "b").Finishes("stop").Done().InOnePiece(),
        ["CRLF"] = Script.Says("a").KeepsAlive().Finishes("stop").Done().WithLineEnds("\r\n"),
        ["unterminated"] = Script.Says("a").Finishes("stop").Unterminated(),
        ["nothing"] = Script.Empty,
        ["error first"] = Script.Fails("The engine is currently busy.", 503, "Service Unavailable").Done(),
        ["raw bytes"] = Script.Sends("data: {\"half\":").Sends(new byte[] { 0xC3 }),
        ["html"] = Script.Replies(502, "<html><body>Bad Gateway</body></html>", "text/html"),
        ["empty"] = Script.Replies(500),
        ["refused"] = Script.Refuses(400, "No.").RetryAfter(TimeSpan.FromSeconds(1.5)),
        ["whole"] = Script.Says("All at once.").Finishes("stop").Uses(1, 3).Whole(),
        ["recorded"] = Script.Replays(RecordedStreams.StoryWithoutFinishReason),
        ["cut"] = Script.Says("a", "b").Cuts(),
        ["cut whole"] = Script.Says("All at once.").Finishes("stop").Whole().Cuts(),
        ["cut before anything"] = Script.Cuts(),
        ["reset"] = Script.Says("a", "b").Resets(),
        ["reset before headers"] = Script.Resets().BeforeHeaders(),
    };

    [Fact]
    public async Task A_server_listens_at_the_port_that_it_is_told()
    {
        FakeVllm first = await FakeVllm.StartAsync();
        var options = new FakeVllmOptions { Port = first.Endpoint.Port };
        await options.Awaiting(taken => FakeVllm.StartAsync(taken)).Should().ThrowAsync<IOException>();
        await first.DisposeAsync();

        await using FakeVllm second = await FakeVllm.StartAsync(options);

        second.Endpoint.Should().Be(first.Endpoint);
        using var http = new HttpClient();
        (await http.GetStringAsync(new Uri($"http://127.0.0.1:{options.Port}/version"))).Should().Contain("0.33.0");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(65_536)]
    public async Task A_port_that_is_none_is_refused(int port) =>
        await FluentActions.Awaiting(() => FakeVllm.StartAsync(new FakeVllmOptions { Port = port })).Should().ThrowAsync<ArgumentOutOfRangeException>();

    public static TheoryData<Way> Ways => [Way.Memory, Way.Http1, Way.Http2];

    public static TheoryData<string, Way> OverSockets
    {
        get
        {
            var rows = new TheoryData<string, Way>();
            foreach (string name in Scripts.Keys)
            {
                rows.Add(name, Way.Http1);
                rows.Add(name, Way.Http2);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(OverSockets))]
    public async Task A_script_gives_the_same_bytes_and_the_same_end_over_sockets_as_in_memory(string name, Way way)
    {
        Seen inMemory = await SeeAsync(Way.Memory, Scripts[name]);
        Seen overSockets = await SeeAsync(way, Scripts[name]);

        if (way == Way.Http2 && inMemory.End != "end")
        {
            // HttpClient throws away what it has of an HTTP/2 stream, headers too, as soon as the stream is reset.
            overSockets.End.Should().NotBe("end");
            inMemory.Body.Should().StartWith(overSockets.Body);
        }
        else
        {
            overSockets.Status.Should().Be(inMemory.Status);
            overSockets.ContentType.Should().Be(inMemory.ContentType);
            overSockets.End.Should().Be(inMemory.End);
            overSockets.Body.Should().Be(inMemory.Body);
        }
    }

    [Theory]
    [InlineData("cut", "ResponseEnded")]
    [InlineData("cut whole", "ResponseEnded")]
    [InlineData("reset", "reset")]
    [InlineData("reset before headers", "reset")]
    [InlineData("plain stop", "end")]
    public async Task Every_ending_has_the_face_that_the_sockets_handler_gives_it(string name, string end) =>
        (await SeeAsync(Way.Http1, Scripts[name])).End.Should().Be(end);

    [Theory]
    [InlineData(Way.Memory)]
    [InlineData(Way.Http1)]
    public async Task A_cut_whole_reply_stops_half_way(Way way)
    {
        Seen seen = await SeeAsync(way, Scripts["cut whole"]);

        seen.Body.Should().StartWith("{\"id\"").And.NotEndWith("}");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Headers_come_before_the_body(Way way)
    {
        var gate = new TaskCompletionSource();
        (FakeVllm vllm, HttpClient http) = await Wire.OpenAsync(way, Script.WaitsFor(gate.Task).Says("late").Done());
        await using (vllm)
        using (http)
        using (HttpResponseMessage response = await Wire.PostAsync(http, Wire.Streamed))
        {
            response.StatusCode.Should().Be(HttpStatusCode.OK);
            vllm.Running.Should().Be(1);

            gate.SetResult();

            (await response.Content.ReadAsStringAsync()).Should().Contain("late");
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_client_that_leaves_a_silent_stream_aborts_the_generation(Way way)
    {
        (FakeVllm vllm, HttpClient http) = await Wire.OpenAsync(way, Script.Says("one").GoesSilent());
        await using (vllm)
        using (http)
        {
            using (HttpResponseMessage response = await Wire.PostAsync(http, Wire.Streamed))
            {
                Stream body = await response.Content.ReadAsStreamAsync();
                await body.ReadExactlyAsync(new byte[10]);
                vllm.Running.Should().Be(1);
            }

            await vllm.WhenIdleAsync();
            vllm.Aborted.Should().Be(1);
            vllm.Completed.Should().Be(0);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_canceled_read_is_a_hang_up_and_carries_the_readers_token(Way way)
    {
        (FakeVllm vllm, HttpClient http) = await Wire.OpenAsync(way, Script.Empty.GoesSilent());
        await using (vllm)
        using (http)
        using (HttpResponseMessage response = await Wire.PostAsync(http, Wire.Streamed))
        {
            using var leaving = new CancellationTokenSource();
            Stream body = await response.Content.ReadAsStreamAsync();
            Task reading = body.ReadAsync(new byte[10], leaving.Token).AsTask();
            reading.IsCompleted.Should().BeFalse();

            await leaving.CancelAsync();

            (await reading.Invoking(it => it).Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(leaving.Token);
            response.Dispose();
            await vllm.WhenIdleAsync();
            vllm.Aborted.Should().Be(1);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_client_that_read_the_last_event_and_leaves_has_aborted_nothing(Way way)
    {
        (FakeVllm vllm, HttpClient http) = await Wire.OpenAsync(way, Script.Says("one").Finishes("stop").Done());
        await using (vllm)
        using (http)
        {
            using (HttpResponseMessage response = await Wire.PostAsync(http, Wire.Streamed))
            {
                using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
                while (await reader.ReadLineAsync() != "data: [DONE]")
                {
                }
            }

            await vllm.WhenIdleAsync();
            vllm.Completed.Should().Be(1);
            vllm.Aborted.Should().Be(0);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Stopping_the_server_ends_what_is_still_open(Way way)
    {
        (FakeVllm vllm, HttpClient http) = await Wire.OpenAsync(way, Script.Says("one").GoesSilent());
        using (http)
        using (HttpResponseMessage response = await Wire.PostAsync(http, Wire.Streamed))
        {
            Task reading = response.Content.ReadAsStringAsync();

            await vllm.DisposeAsync();

            await reading.Invoking(it => it).Should().ThrowAsync<HttpRequestException>();
        }
    }

    [Fact]
    public async Task Headers_may_be_late_and_the_callers_token_ends_the_wait()
    {
        var clock = new ManualTimeProvider();
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { TimeProvider = clock }, Script.Says("x").HeadersAfter(TimeSpan.FromMinutes(2)));
        using HttpClient http = vllm.CreateHttpClient();
        using var impatient = new CancellationTokenSource();
        Task<HttpResponseMessage> patient = Wire.PostAsync(http, Wire.Streamed);
        Task<HttpResponseMessage> canceled = Wire.PostAsync(http, Wire.Streamed, token: impatient.Token);

        await impatient.CancelAsync();
        await canceled.Invoking(it => it).Should().ThrowAsync<OperationCanceledException>();
        vllm.Aborted.Should().Be(1);
        patient.IsCompleted.Should().BeFalse();
        clock.Advance(TimeSpan.FromMinutes(2));

        (await patient).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task In_memory_one_read_gives_one_piece()
    {
        using var vllm = FakeVllm.InMemory(Script.Sends("abc").Sends("de"));
        using HttpClient http = vllm.CreateHttpClient();
        using HttpResponseMessage response = await Wire.PostAsync(http, Wire.Streamed);
        Stream body = await response.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[2];

        (await body.ReadAsync(buffer)).Should().Be(2);
        (await body.ReadAsync(buffer)).Should().Be(1);
        (await body.ReadAsync(buffer)).Should().Be(2);
        (await body.ReadAsync(buffer)).Should().Be(0);
    }

    [Fact]
    public async Task Pauses_go_by_the_clock_and_a_late_reader_finds_what_was_due()
    {
        var clock = new ManualTimeProvider();
        using var vllm = FakeVllm.InMemory(
            new FakeVllmOptions { TimeProvider = clock },
            Script.Sends("a").Pauses(TimeSpan.FromSeconds(10)).Sends("b").Pauses(TimeSpan.FromSeconds(10)).Sends("c"));
        using HttpClient http = vllm.CreateHttpClient();
        using HttpResponseMessage response = await Wire.PostAsync(http, Wire.Streamed);
        Stream body = await response.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[9];
        await body.ReadExactlyAsync(buffer.AsMemory(0, 1));
        Task<int> second = body.ReadAsync(buffer).AsTask();
        second.IsCompleted.Should().BeFalse();

        clock.Advance(TimeSpan.FromSeconds(25));

        second.IsCompleted.Should().BeTrue("what is due arrives within the advance");
        (await second).Should().Be(1);
        body.ReadAsync(buffer).AsTask().IsCompleted.Should().BeTrue("it was due five seconds ago");
    }

    [Theory]
    [InlineData(Way.Http1)]
    [InlineData(Way.Http2)]
    public async Task Many_clients_are_served_at_once(Way way)
    {
        (FakeVllm vllm, HttpClient http) = await Wire.OpenAsync(way, Script.Says("a", "b", "c").Finishes("stop").Done());
        await using (vllm)
        using (http)
        {
            Seen[] seen = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Wire.ReadAsync(http, Wire.Streamed)));

            seen.Should().OnlyContain(one => one.Text == "abc");
            await vllm.WhenIdleAsync();
            vllm.Completed.Should().Be(100);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task What_a_script_throws_is_told_to_the_client(Way way)
    {
        Func<ReceivedRequest, ScriptedReply> script = _ => throw new InvalidOperationException("No such turn.");
        await using FakeVllm vllm = way == Way.Memory ? FakeVllm.InMemory(script) : await FakeVllm.StartAsync(script);
        using HttpClient http = vllm.CreateHttpClient();
        if (way == Way.Http2)
        {
            http.BaseAddress = vllm.Http2Endpoint;
            http.DefaultRequestVersion = HttpVersion.Version20;
            http.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        }

        Seen seen = await Wire.ReadAsync(http, Wire.Streamed);

        seen.Status.Should().Be(HttpStatusCode.InternalServerError);
        seen.Body.Should().Contain("The script threw").And.Contain("InvalidOperationException: No such turn.");
    }

    [Theory]
    [InlineData(Way.Memory)]
    [InlineData(Way.Http1)]
    public async Task A_body_of_any_size_is_taken(Way way)
    {
        (FakeVllm vllm, HttpClient http) = await Wire.OpenAsync(way, Script.Says("x"));
        await using (vllm)
        using (http)
        {
            await Wire.ReadAsync(http, new string('x', 31_000_000), "nowhere");

            vllm.Requests[0].Body.Should().HaveLength(31_000_000);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_gate_that_breaks_frees_the_engine(Way way)
    {
        var gate = new TaskCompletionSource();
        (FakeVllm vllm, HttpClient http) = await Wire.OpenAsync(way, Script.Sends("a").WaitsFor(gate.Task).Sends("b"));
        await using (vllm)
        using (http)
        using (HttpResponseMessage response = await Wire.PostAsync(http, Wire.Streamed))
        {
            Task<string> reading = response.Content.ReadAsStringAsync();
            gate.SetException(new InvalidOperationException("Broken."));
            await reading.Invoking(it => it).Should().ThrowAsync<Exception>();

            await vllm.WhenIdleAsync();
            vllm.Aborted.Should().Be(1);
        }
    }

    private static async Task<Seen> SeeAsync(Way way, ScriptedReply script)
    {
        (FakeVllm vllm, HttpClient http) = await Wire.OpenAsync(way, script.Choice(0));
        await using (vllm)
        using (http)
        {
            // The creation time is the only thing that may differ.
            Seen seen = await Wire.ReadAsync(http, Wire.Streamed);
            return seen with { Body = System.Text.RegularExpressions.Regex.Replace(seen.Body, "\"created\":\\d+", "\"created\":0") };
        }
    }
}

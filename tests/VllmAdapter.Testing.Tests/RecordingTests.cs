using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing.Tests;

public sealed class RecordingTests : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"recordings-{Guid.NewGuid():n}");
    private readonly ManualTimeProvider _clock = new();
    private readonly List<RecordedExchange> _recorded = [];

    public void Dispose()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task An_exchange_passes_through_and_is_written_with_the_time_of_every_piece()
    {
        using var vllm = FakeVllm.InMemory(
            new FakeVllmOptions { TimeProvider = _clock }, Script.Sends("first").Pauses(TimeSpan.FromSeconds(2)).Sends("second"));
        using HttpClient http = RecordingClient(vllm);
        using (HttpResponseMessage response = await Wire.PostAsync(http, Wire.Streamed))
        {
            Stream body = await response.Content.ReadAsStreamAsync();
            byte[] buffer = new byte[100];
            (await body.ReadAsync(buffer)).Should().Be(5, "the first piece is there before the second is sent");
            Task<int> second = body.ReadAsync(buffer).AsTask();
            _clock.Advance(TimeSpan.FromSeconds(2));
            (await second).Should().Be(6);
            (await body.ReadAsync(buffer)).Should().Be(0);
        }

        RecordedExchange exchange = RecordedExchange.Load(Path.Combine(_directory, "exchange-0001.json"));
        exchange.Name.Should().Be("exchange-0001");
        exchange.Request.Method.Should().Be("POST");
        exchange.Request.Path.Should().Be("/v1/chat/completions");
        JsonNode.DeepEquals(exchange.Request.Body, JsonNode.Parse(Wire.Streamed)).Should().BeTrue();
        exchange.Response.Status.Should().Be(200);
        exchange.Response.Headers.Should().Contain(new KeyValuePair<string, string>("content-type", "text/event-stream; charset=utf-8"));
        exchange.Response.Pieces.Select(piece => (piece.At, Encoding.UTF8.GetString(piece.Bytes.Span))).Should()
            .Equal((TimeSpan.Zero, "first"), (TimeSpan.FromSeconds(2), "second"));
        (exchange.Response.BodyComplete, exchange.Response.SocketEnd).Should().Be((true, SocketEnd.Closed));
    }

    [Fact]
    public async Task Secrets_are_never_written()
    {
        using var vllm = FakeVllm.InMemory(Script.Says("x").WithHeader("set-cookie", "session=hush").WithHeader("x-api-key", "hush").WithHeader("x-kept", "kept"));
        using HttpClient http = RecordingClient(vllm);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "hush");
        http.DefaultRequestHeaders.Add("Cookie", "session=hush");
        http.DefaultRequestHeaders.Add("api-key", "hush");
        http.DefaultRequestHeaders.Add("X-Request-Id", "kept");

        await Wire.ReadAsync(http, Wire.Streamed, "v1/chat/completions?key=hush");

        string written = await File.ReadAllTextAsync(Path.Combine(_directory, "exchange-0001.json"));
        written.Should().NotContain("hush").And.ContainEquivalentOf("\"X-Request-Id\": \"kept\"").And.Contain("x-kept");
    }

    [Fact]
    public async Task Keys_in_the_body_are_never_written_but_a_tool_may_speak_of_keys()
    {
        using var vllm = FakeVllm.InMemory(Script.Says("x"));
        using HttpClient http = RecordingClient(vllm);
        const string body = """
            {"api_key":"hush","max_tokens":5,"messages":[{"role":"user","content":"Hi"}],
             "tools":[{"type":"mcp","authorization":"hush","headers":{"X-Api-Key":"hush","X-Kept":"kept"}},
                      {"type":"function","function":{"name":"f","parameters":{"properties":{"api_key":{"type":"string"}}}}}]}
            """;

        await Wire.ReadAsync(http, body);

        JsonNode written = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_directory, "exchange-0001.json")))!["request"]!["body"]!;
        written.ToJsonString().Should().NotContain("hush").And.Contain("kept").And.Contain("max_tokens");
        written["tools"]![1]!["function"]!["parameters"]!["properties"]!["api_key"]!["type"]!.GetValue<string>().Should().Be("string");
        vllm.Requests[0].Body.Should().Contain("hush", "the server itself gets what was sent");
    }

    [Fact]
    public async Task A_body_that_cannot_be_searched_for_keys_is_not_written()
    {
        using var vllm = FakeVllm.InMemory(Script.Sends("x"));
        using HttpClient http = RecordingClient(vllm);
        const string twice = """{"user":"hush","user":"hush","messages":[{"role":"user","content":"Hi"}]}""";

        await Wire.ReadAsync(http, twice, "nowhere");

        vllm.Requests[0].Body.Should().Be(twice);
        _recorded.Should().ContainSingle().Which.Request.Body.Should().BeNull();
    }

    [Fact]
    public async Task What_is_read_after_the_end_changes_no_recording()
    {
        var gate = new TaskCompletionSource();
        using var vllm = FakeVllm.InMemory(Script.Sends("a").WaitsFor(gate.Task).Sends("b"));
        using HttpClient http = RecordingClient(vllm);
        HttpResponseMessage response = await Wire.PostAsync(http, Wire.Streamed);
        Stream body = await response.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[9];
        await body.ReadExactlyAsync(buffer.AsMemory(0, 1));
        Task<int> late = body.ReadAsync(buffer).AsTask();

        response.Dispose();
        gate.SetResult();
        await late;

        Text(_recorded.Should().ContainSingle().Subject).Should().Be("a");
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("a/b")]
    [InlineData("/a")]
    public async Task A_name_never_leads_out_of_the_directory(string name)
    {
        using var vllm = FakeVllm.InMemory(Script.Says("x"));
        using HttpClient http = RecordingClient(vllm, _ => name);

        await Wire.ReadAsync(http, Wire.Streamed);

        string file = Directory.GetFiles(_directory).Should().ContainSingle().Subject;
        RecordedExchange.Load(file).Name.Should().Be(name);
    }

    [Fact]
    public async Task A_file_that_is_replaced_is_replaced_as_a_whole()
    {
        using var vllm = FakeVllm.InMemory(Script.Sends("first"), Script.Sends("second"));
        using HttpClient http = RecordingClient(vllm, _ => "same");
        await Wire.ReadAsync(http, Wire.Streamed);
        string file = Directory.GetFiles(_directory).Should().ContainSingle().Subject;
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));

        await Wire.ReadAsync(http, Wire.Streamed);

        Text(RecordedExchange.Parse(await reader.ReadToEndAsync())).Should().Be("first", "who reads meanwhile sees one of the two");
        Text(RecordedExchange.Load(Directory.GetFiles(_directory).Should().ContainSingle().Subject)).Should().Be("second");
    }

    [Theory]
    [InlineData("end", true, SocketEnd.Closed)]
    [InlineData("cut", false, SocketEnd.Closed)]
    [InlineData("reset", false, SocketEnd.Reset)]
    public async Task Every_ending_is_recorded_and_replayed(string end, bool complete, SocketEnd socket)
    {
        ScriptedReply script = Script.Says("a", "b");
        script = end switch
        {
            "cut" => script.Cuts(),
            "reset" => script.Resets(),
            _ => script,
        };
        using var vllm = FakeVllm.InMemory(script);
        using HttpClient http = RecordingClient(vllm);
        Seen live = await Wire.ReadAsync(http, Wire.Streamed);

        RecordedExchange exchange = _recorded.Should().ContainSingle().Subject;
        (exchange.Response.BodyComplete, exchange.Response.SocketEnd).Should().Be((complete, socket));
        using var again = FakeVllm.Replay(Path.Combine(_directory, "exchange-0001.json"));
        using HttpClient replayed = again.CreateHttpClient();
        (await Wire.ReadAsync(replayed, Wire.Streamed)).Should().Be(live);
    }

    [Fact]
    public async Task A_server_that_the_reader_gave_up_on_is_recorded_as_silent()
    {
        using var vllm = FakeVllm.InMemory(Script.Says("a").GoesSilent());
        using HttpClient http = RecordingClient(vllm);
        using var patience = new CancellationTokenSource();
        using (HttpResponseMessage response = await Wire.PostAsync(http, Wire.Streamed))
        {
            Task<string> reading = response.Content.ReadAsStringAsync(patience.Token);
            await patience.CancelAsync();
            await reading.Invoking(it => it).Should().ThrowAsync<OperationCanceledException>();
        }

        _recorded.Should().ContainSingle().Which.Response.SocketEnd.Should().Be(SocketEnd.Timeout);
        vllm.Aborted.Should().Be(1);
    }

    [Fact]
    public async Task A_caller_that_leaves_is_no_complete_body()
    {
        using var vllm = FakeVllm.InMemory(Script.Says("a").GoesSilent());
        using HttpClient http = RecordingClient(vllm);

        (await Wire.PostAsync(http, Wire.Streamed)).Dispose();

        _recorded.Should().ContainSingle().Which.Response.BodyComplete.Should().BeFalse();
        vllm.Aborted.Should().Be(1);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_and_bodies_that_are_no_json_are_kept_as_they_are()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions(), Script.Sends(new byte[] { 0xC3 }).Sends(new byte[] { 0xBC }));
        using HttpClient http = RecordingClient(vllm, name: _ => "named");

        await Wire.ReadAsync(http, Wire.Streamed);
        await Wire.ReadAsync(http, "{broken");

        RecordedExchange half = RecordedExchange.Parse(_recorded[0].ToJson());
        half.Name.Should().Be("named");
        half.ToJson().Should().Contain("\"base64\": \"ww==\"");
        half.Response.Pieces.Select(piece => piece.Bytes.ToArray()[0]).Should().Equal(0xC3, 0xBC);
        _recorded[1].Request.Body!.GetValue<string>().Should().Be("{broken");
    }

    [Fact]
    public async Task A_replay_at_recorded_speed_goes_by_the_clock()
    {
        using var vllm = FakeVllm.InMemory(
            new FakeVllmOptions { TimeProvider = _clock }, Script.Replays(RecordedStreams.StoryWithoutFinishReason, atRecordedSpeed: true));
        using HttpClient http = vllm.CreateHttpClient();
        using HttpResponseMessage response = await Wire.PostAsync(http, Wire.Streamed);
        Stream body = await response.Content.ReadAsStreamAsync();
        Task first = body.ReadExactlyAsync(new byte[10]).AsTask();

        _clock.Advance(TimeSpan.FromMilliseconds(796));
        first.IsCompleted.Should().BeFalse();
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        await first;
    }

    [Theory]
    [InlineData(Way.Memory)]
    [InlineData(Way.Http1)]
    public async Task A_recorded_silence_is_silent_again(Way way)
    {
        (FakeVllm vllm, HttpClient http) = await Wire.OpenAsync(way, Script.Replays(RecordedStreams.SilentAfterSigterm));
        await using (vllm)
        using (http)
        using (HttpResponseMessage response = await Wire.PostAsync(http, Wire.Streamed))
        {
            using var patience = new CancellationTokenSource();
            int length = RecordedStreams.SilentAfterSigterm.Response.Pieces.Sum(piece => piece.Bytes.Length);
            Stream body = await response.Content.ReadAsStreamAsync();
            await body.ReadExactlyAsync(new byte[length]);
            Task more = body.ReadAsync(new byte[1], patience.Token).AsTask();
            more.IsCompleted.Should().BeFalse();

            await patience.CancelAsync();

            await more.Invoking(it => it).Should().ThrowAsync<OperationCanceledException>();
        }
    }

    [Fact]
    public void The_embedded_recordings_are_what_they_say()
    {
        RecordedStreams.StoryWithoutFinishReason.Server!["vllm"]!.GetValue<string>().Should().Be("0.8.5");
        Text(RecordedStreams.StoryWithoutFinishReason).Should().NotContain("\"finish_reason\":\"").And.EndWith("[DONE]\n\n");
        Text(RecordedStreams.CutCallThatLooksWhole).Should().Contain("\"finish_reason\":\"tool_calls\"").And.Contain("\"completion_tokens\":22");
        Text(RecordedStreams.PlainStop).Should().Contain("\"finish_reason\":\"stop\"");
        RecordedStreams.SilentAfterSigterm.Response.SocketEnd.Should().Be(SocketEnd.Timeout);
        ((string?)RecordedStreams.PlainStop.Expect!["verdict"]).Should().Be("Completed");
        RecordedStreams.PlainStop.Truth.Should().NotBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"name":"x","request":{"method":"GET","path":"/"},"response":{"status":200,"headers":[["a"]],"body":[],"body_complete":true,"socket_end":"closed"}}""")]
    [InlineData("""{"name":"x","request":{"method":"GET","path":"/"},"response":{"status":200,"headers":[],"body":[],"body_complete":true,"socket_end":"melted"}}""")]
    public void What_is_no_recording_is_refused_as_such(string json) =>
        FluentActions.Invoking(() => RecordedExchange.Parse(json)).Should().Throw<FormatException>();

    private static string Text(RecordedExchange exchange) =>
        string.Concat(exchange.Response.Pieces.Select(piece => Encoding.UTF8.GetString(piece.Bytes.Span)));

    private HttpClient RecordingClient(FakeVllm vllm, Func<HttpRequestMessage, string>? name = null) =>
        new(new RecordingHandler(_directory, _clock) { InnerHandler = vllm.CreateHandler(), Recorded = _recorded.Add, NameOf = name })
        {
            BaseAddress = vllm.Endpoint,
        };
}

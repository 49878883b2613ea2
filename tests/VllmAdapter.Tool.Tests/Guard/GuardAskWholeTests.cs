using System.Net;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>Where the server's streaming parser loses calls: the answer is asked for whole, judged, and handed on as a stream.</summary>
public sealed class GuardAskWholeTests
{
    private const string Tools = """ "tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}]""";
    private const string Ask = $$"""{"model":"fake-model","stream":true,"stream_options":{"include_usage":true},"max_tokens":22,"messages":[{"role":"user","content":"Hello."}],{{Tools}}}""";

    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);
    private static readonly Dictionary<string, string?> AskWhole = new() { ["AskWhole"] = "true", ["MaxAttempts"] = "1" };
    private static readonly Dictionary<string, string?> AskWholeAndWarm = new(AskWhole) { ["KeepAlive"] = "00:00:00.010" };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_whole_answer_arrives_as_the_stream_that_says_the_same(bool asksForUsage)
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(
            Script.Reasons("Hm.").Says("Let me see.").CallsAs("one", "get_weather", """{"city": "Paris"}""").CallsAs("two", "get_weather", """{"city": "Oslo"}""").Finishes("tool_calls").Uses(20, 12));
        await using RunningGuard guard = await RunningGuard.WithAsync(AskWhole, vllm.Endpoint);
        string ask = asksForUsage ? Ask : Ask.Replace("\"stream_options\":{\"include_usage\":true},", "", StringComparison.Ordinal);

        PlainClient client = await PlainClient.AskAsync(guard.Address, ask);

        client.Ran.Select(call => call.Arguments["city"]!.ToString()).Should().Equal("Paris", "Oslo");
        (client.Text, client.Finish, client.Error).Should().Be(("Let me see.", "tool_calls", null));
        client.Events.Select(Kind).Should().Equal(
            asksForUsage ? ["role", "reasoning", "content", "tool_calls", "tool_calls", "finish", "usage", "[DONE]"] : ["role", "reasoning", "content", "tool_calls", "tool_calls", "finish", "[DONE]"]);
        client.Events.Should().ContainSingle(data => data.Contains("\"verdict\":\"completed\"", StringComparison.Ordinal));
        JsonNode sent = Posted(vllm).Json!;
        (sent["stream"]!.GetValue<bool>(), sent["stream_options"]).Should().Be((false, null));
        sent["tools"]!.AsArray().Should().ContainSingle();
    }

    [Fact]
    public async Task The_adapter_reads_the_same_answer_from_the_stream_as_from_the_whole_reply()
    {
        ScriptedReply script = Script.Reasons("Hm.").Says("Let me see.").Calls("get_weather", """{"city": "Paris"}""").Choice(1).Says("No.").Finishes("stop").Choice(0).Finishes("tool_calls").Uses(20, 12);
        await using FakeVllm vllm = await FakeVllm.StartAsync(script);
        await using RunningGuard guard = await RunningGuard.WithAsync(AskWhole, vllm.Endpoint);
        ChatRequest request = ChatRequest.FromPrompt("Hello.") with { ChoiceCount = 2, Sampling = new() { Temperature = 1 }, MaxTokens = 22, Tools = [new ToolDefinition("get_weather")], Logprobs = new() };
        using var guarded = new VllmInferenceAdapter(guard.Address);

        ChatAnswer streamed = await guarded.CompleteChatAsync(request);
        ChatAnswer whole = await vllm.CreateAdapter().CompleteChatAsync(request with { Stream = false });

        streamed.Choices.Select(choice => (choice.Index, choice.Text, choice.Reasoning)).Should().Equal(whole.Choices.Select(choice => (choice.Index, choice.Text, choice.Reasoning)));
        streamed.ToolCalls.Should().Equal(whole.ToolCalls);
        streamed.Logprobs.Should().BeEquivalentTo(whole.Logprobs);
        streamed.Usage.Should().Be(whole.Usage);
        streamed.Outcome.Verdict.Should().Be(whole.Outcome.Verdict);
        Posted(vllm).Json!["stream"]!.GetValue<bool>().Should().BeFalse();
    }

    [Theory]
    [InlineData("a chat without tools", """{"model":"fake-model","stream":true,"messages":[{"role":"user","content":"Hello."}]}""", "v1/chat/completions")]
    [InlineData("plain completions", """{"model":"fake-model","stream":true,"prompt":"Hello."}""", "v1/completions")]
    public async Task What_has_no_calls_to_lose_is_streamed(string what, string body, string path)
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Hel", "lo.").Finishes("stop").Uses(20, 12).Done());
        await using RunningGuard guard = await RunningGuard.WithAsync(AskWhole, vllm.Endpoint);

        PlainClient client = await PlainClient.AskAsync(guard.Address, body, path);

        client.Text.Should().Be("Hello.", what);
        Posted(vllm).Json!["stream"]!.GetValue<bool>().Should().BeTrue(what);
    }

    [Fact]
    public async Task Nothing_is_asked_whole_unless_it_is_set()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Calls("get_weather", """{"city": "Paris"}""").Finishes("tool_calls").Uses(20, 12).Done());
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);

        await PlainClient.AskAsync(guard.Address, Ask);

        Posted(vllm).Body.Should().Be(Ask);
    }

    [Fact]
    public async Task Comments_keep_the_connection_warm_until_the_answer_is_there()
    {
        var written = new TaskCompletionSource();
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Calls("get_weather", """{"city": "Paris"}""").WaitsFor(written.Task).Finishes("tool_calls").Uses(20, 12));
        await using RunningGuard guard = await RunningGuard.WithAsync(AskWholeAndWarm, vllm.Endpoint);
        using AnswerUnderWay answer = await AnswerUnderWay.AskAsync(guard.Address, Ask);

        (await answer.LineAsync()).Should().StartWith(":");
        answer.Response.Content.Headers.ContentType!.MediaType.Should().Be("text/event-stream");
        written.SetResult();
        string rest = await answer.RestAsync();

        rest.Should().Contain("Paris").And.EndWith("data: [DONE]\n\n");
    }

    [Fact]
    public async Task What_turns_out_to_be_no_answer_is_an_error_event_and_a_body_that_breaks_off()
    {
        var written = new TaskCompletionSource();
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Calls("get_weather", """{"city": "Paris"}""").WaitsFor(written.Task).Finishes("tool_calls").Uses(20, 22));
        await using RunningGuard guard = await RunningGuard.WithAsync(AskWholeAndWarm, vllm.Endpoint);
        using AnswerUnderWay answer = await AnswerUnderWay.AskAsync(guard.Address, Ask);
        await answer.LineAsync();
        written.SetResult();
        string? error = null;
        while (error is null && await answer.LineAsync() is { } line)
            error = line.StartsWith("data: ", StringComparison.Ordinal) ? line : null;

        error.Should().Contain("tool_call_withheld").And.NotContain("Paris");
        Func<Task> readOn = () => answer.RestAsync();
        await readOn.Should().ThrowAsync<IOException>();
    }

    [Fact]
    public async Task What_is_refused_or_withheld_at_once_has_a_status_of_its_own()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(
            Script.Refuses(400, "n must be 1 when using greedy sampling, got 2.", param: "n"), Script.Calls("get_weather", """{"city": "Paris"}""").Finishes("tool_calls").Uses(20, 22));
        await using RunningGuard guard = await RunningGuard.WithAsync(AskWhole, vllm.Endpoint);

        PlainClient refused = await PlainClient.AskAsync(guard.Address, Ask);
        PlainClient withheld = await PlainClient.AskAsync(guard.Address, Ask);

        (refused.Status, withheld.Status).Should().Be((400, (int)HttpStatusCode.BadGateway));
        refused.Error.Should().Contain("greedy");
        withheld.Error.Should().Contain("tool_call_withheld").And.NotContain("Paris");
    }

    [Fact]
    public async Task A_client_that_hangs_up_while_it_waits_stops_the_server()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Hello.").GoesSilent());
        await using RunningGuard guard = await RunningGuard.WithAsync(AskWholeAndWarm, vllm.Endpoint);
        using (AnswerUnderWay answer = await AnswerUnderWay.AskAsync(guard.Address, Ask))
            await answer.LineAsync();

        await vllm.WhenIdleAsync().WaitAsync(Guard);
        vllm.Aborted.Should().Be(1);
    }

    [Fact]
    public async Task A_keep_alive_that_is_no_time_is_refused()
    {
        Func<Task> start = () => RunningGuard.WithAsync(new() { ["KeepAlive"] = "00:00:00" }, new Uri("http://localhost:1"));

        await start.Should().ThrowAsync<ToolException>().WithMessage("*Guard:KeepAlive*");
    }

    public static TheoryData<string> Servers => GuardRecordedTests.Servers;

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Recorded_whole_replies_with_tools_are_streamed_as_what_they_are(string server)
    {
        RecordedExchange? playing = null;
        await using FakeVllm vllm = await FakeVllm.StartAsync(new FakeVllmOptions { Model = null }, _ => Script.Replays(playing!));
        await using RunningGuard guard = await RunningGuard.WithAsync(new(AskWhole) { ["FirstChunk"] = "00:00:00.300", ["BetweenChunks"] = "00:00:00.300" }, vllm.Endpoint);
        List<string> wrong = [];
        foreach (string file in Directory.EnumerateFiles(Path.Combine(GuardRecordedTests.Folder, server), "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            RecordedExchange exchange = RecordedExchange.Parse(await File.ReadAllTextAsync(file));
            if (exchange.Expect is not JsonObject expected || expected["verdict"] is null || exchange.Request.Body is not JsonObject body || body["messages"] is null || body["tools"] is null
                || body["stream"]?.GetValue<bool>() is true)
                continue;

            playing = exchange;
            body["stream"] = true;
            PlainClient client = await PlainClient.AskAsync(guard.Address, body.ToJsonString());
            if (client.Status != 400 && GuardRecordedTests.WrongWith(client, expected, body) is { } fault)
                wrong.Add($"{Path.GetRelativePath(GuardRecordedTests.Folder, file)}: {fault}");
        }

        wrong.Should().BeEmpty();
    }

    // The models may be asked for beside it.
    private static ReceivedRequest Posted(FakeVllm vllm) => vllm.Requests.First(request => request.Method == "POST");

    private static string Kind(string data)
    {
        if (data == "[DONE]")
            return data;

        JsonNode json = JsonNode.Parse(data)!;
        return json["choices"]!.AsArray() is not [JsonObject choice, ..] ? "usage"
            : choice["finish_reason"] is not null ? "finish"
            : choice["delta"]!.AsObject().First().Key;
    }
}

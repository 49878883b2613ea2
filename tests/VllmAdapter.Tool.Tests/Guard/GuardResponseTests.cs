using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary><c>/v1/responses</c> through a guard: the terminal event is made true, and a call goes out only when it is shown whole.</summary>
public sealed class GuardResponseTests
{
    private const string Path = "v1/responses";
    private const string Ask = """{"model":"fake-model","input":"Hello.","stream":true,"max_output_tokens":22}""";
    private const string AskWithTool =
        """{"model":"fake-model","input":"Hello.","stream":true,"max_output_tokens":22,"tools":[{"type":"function","name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}]}""";

    public static TheoryData<string, string, ScriptedReply, string?, string, string?> Ends => new()
    {
        { "0.33.0", "a whole text", Script.Says("Hello.").Finishes("stop").Uses(10, 3).Done(), "response.completed", "Hello.", null },
        { "0.33.0", "a cut that is told", Script.Says("Hel").Finishes("length").Uses(10, 22).Done(), "response.incomplete", "Hel", null },
        { "0.32.0", "a cut under the name of a whole answer", Script.Says("Hel").Finishes("length").Uses(10, 22).Done(), "response.incomplete", "Hel", null },
        { "0.11.0", "a cut that only the count tells", Script.Says("Hel").Finishes("length").Uses(10, 22).Done(), "response.incomplete", "Hel", null },
        { "0.32.0", "no terminal event", Script.Says("Hel"), null, "Hel", "interrupted" },
        { "0.32.0", "a connection that breaks", Script.Says("Hel").Cuts(), null, "Hel", "interrupted" },
        { "0.32.0", "an engine that dies", Script.Says("Hel").Fails(), null, "Hel", "InternalServerError" },
        { "0.32.0", "a server that falls silent", Script.Says("Hel").GoesSilent(), null, "Hel", "stalled" },
        { "0.32.0", "tokens counted and nothing delivered", Script.Reasons().Finishes("stop").Uses(10, 12).Done(), null, "", "output_missing" },
        { "0.32.0", "a call cut before its arguments, its item completed", Script.Says("Hel").Calls("get_weather").Finishes("length").Uses(10, 22).Done(), null, "Hel", "tool_call_withheld" },
        { "0.20.2", "a call cut and never closed", Script.Says("Hel").Calls("get_weather").Finishes("length").Uses(10, 22).Done(), null, "Hel", "tool_call_withheld" },
        { "0.32.0", "a whole call in a cut answer", Script.Says("Hel").Calls("get_weather", """{"city": "Paris"}""").Finishes("length").Uses(10, 22).Done(), null, "Hel", "tool_call_withheld" },
        { "0.32.0", "a call without the argument that it needs", Script.Calls("get_weather").Finishes("stop").Uses(10, 5).Done(), null, "", "tool_call_withheld" },
        { "0.32.0", "a call and no terminal event", Script.Calls("get_weather", """{"city": "Paris"}"""), null, "", "tool_call_withheld" },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_client_that_believes_what_it_sees_takes_no_cut_for_an_answer_and_runs_no_call_of_one(
        string version, string what, ScriptedReply script, string? finish, string text, string? error)
    {
        await using FakeVllm vllm = await StartAsync(version, script);
        await using RunningGuard guard = await RunningGuard.WithAsync(new() { ["MaxAttempts"] = "1", ["BetweenChunks"] = "00:00:00.300" }, vllm.Endpoint);
        string ask = version == "0.11.0" ? Ask : AskWithTool;

        PlainClient client = await PlainClient.AskAsync(guard.Address, ask, Path);

        (client.Finish, client.Text).Should().Be((finish, text), $"{what}: {client.Error}");
        client.Ran.Should().BeEmpty(what);
        if (error is null)
            client.Error.Should().BeNull(what);
        else
            client.Error.Should().Contain(error, what);

        client.Events.Should().NotContain(data => data.Contains("function_call", StringComparison.Ordinal), what);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_is_shown_whole_goes_out_and_all_bytes_are_the_servers(bool stream)
    {
        string ask = AskWithTool.Replace("\"stream\":true", stream ? "\"stream\":true" : "\"stream\":false", StringComparison.Ordinal);
        await using FakeVllm vllm = await StartAsync("0.32.0", Script.Says("Let me ", "see.").Calls("get_weather", """{"city":""", """ "Paris"}""").Finishes("stop").Uses(10, 12).Done());
        await using RunningGuard guard = await RunningGuard.WithAsync(new() { ["Explain"] = "false" }, vllm.Endpoint);

        PlainClient guarded = await PlainClient.AskAsync(guard.Address, ask, Path);
        string sentOn = vllm.Requests.First(request => request.Method == "POST").Body;
        PlainClient direct = await PlainClient.AskAsync(vllm.Endpoint, ask, Path);

        guarded.Ran.Should().ContainSingle().Which.Name.Should().Be("get_weather");
        guarded.Events.Select(WithoutTime).Should().Equal(direct.Events.Select(WithoutTime));
        sentOn.Should().Be(ask);
    }

    [Fact]
    public async Task Text_goes_on_at_once_and_a_call_waits_for_the_end()
    {
        var afterText = new TaskCompletionSource();
        var afterCall = new TaskCompletionSource();
        await using FakeVllm vllm = await StartAsync("0.32.0", Script.Says("Let me see.").WaitsFor(afterText.Task)
            .Calls("get_weather", """{"city": "Paris"}""").KeepsAlive("still there").WaitsFor(afterCall.Task).Finishes("stop").Uses(10, 12).Done());
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);
        using AnswerUnderWay answer = await AnswerUnderWay.AskAsync(guard.Address, AskWithTool, Path);

        (await answer.UntilAsync("Let me see.")).Should().NotContain("get_weather\",\"type");
        afterText.SetResult();
        (await answer.UntilAsync(": still there")).Should().NotContain("function_call");
        afterCall.SetResult();
        (await answer.UntilAsync("event: response.completed")).Should().Contain("function_call").And.Contain("Paris");
    }

    [Fact]
    public async Task The_terminal_event_says_why_a_response_is_incomplete_and_on_what_that_rests()
    {
        await using FakeVllm vllm = await StartAsync("0.11.0", Script.Says("Hel").Finishes("length").Uses(10, 22).Done());
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);

        PlainClient client = await PlainClient.AskAsync(guard.Address, Ask, Path);

        JsonNode last = JsonNode.Parse(client.Events[^1])!;
        (last["response"]!["status"]!.ToString(), last["response"]!["incomplete_details"]!["reason"]!.ToString()).Should().Be(("incomplete", "max_output_tokens"));
        (last["vllm_adapter"]!["verdict"]!.ToString(), last["vllm_adapter"]!["certainty"]!.ToString()).Should().Be(("length_limited", "inferred"));
    }

    [Fact]
    public async Task A_whole_reply_that_hides_a_cut_is_told_as_one_and_one_that_tells_it_keeps_its_bytes()
    {
        string ask = Ask.Replace("\"stream\":true", "\"stream\":false", StringComparison.Ordinal);
        ScriptedReply cut = Script.Says("Hel").Finishes("length").Uses(10, 22);
        await using FakeVllm hides = await StartAsync("0.11.0", cut);
        await using FakeVllm tells = await StartAsync("0.32.0", cut);
        await using RunningGuard before = await RunningGuard.StartAsync(hides.Endpoint);
        await using RunningGuard after = await RunningGuard.StartAsync(tells.Endpoint);

        PlainClient mended = await PlainClient.AskAsync(before.Address, ask, Path);
        PlainClient kept = await PlainClient.AskAsync(after.Address, ask, Path);

        (mended.Finish, kept.Finish).Should().Be(("response.incomplete", "response.incomplete"));
        WithoutTime(kept.Events[0]).Should().Be(WithoutTime((await PlainClient.AskAsync(tells.Endpoint, ask, Path)).Events[0]));
    }

    [Fact]
    public async Task An_error_is_an_event_of_the_route_and_numbered_and_one_that_every_client_reads()
    {
        await using FakeVllm vllm = await StartAsync("0.32.0", Script.Says("Hel").Calls("get_weather").Finishes("length").Uses(10, 22).Done());
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);
        using AnswerUnderWay answer = await AnswerUnderWay.AskAsync(guard.Address, AskWithTool, Path);

        await answer.UntilAsync("event: error");
        JsonNode error = JsonNode.Parse((await answer.LineAsync())!["data: ".Length..])!;

        (error["type"]!.ToString(), error["code"]!.ToString()).Should().Be(("error", "tool_call_withheld"));
        error["message"]!.ToString().Should().Contain("get_weather").And.Contain("max_output_tokens");
        error["error"]!["message"]!.ToString().Should().Be(error["message"]!.ToString());
        error["sequence_number"]!.GetValue<int>().Should().BePositive();
        Func<Task> readOn = () => answer.RestAsync();
        await readOn.Should().ThrowAsync<IOException>();
    }

    [Fact]
    public async Task A_response_in_the_background_and_one_that_is_fetched_go_through_untouched()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync();
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);
        const string Background = """{"model":"fake-model","input":"Hello.","background":true}""";

        PlainClient guarded = await PlainClient.AskAsync(guard.Address, Background, Path);
        using HttpClient http = new();
        using HttpResponseMessage fetched = await http.GetAsync(new Uri(guard.Address, $"{Path}/resp_1"));

        guarded.Error.Should().Be((await PlainClient.AskAsync(vllm.Endpoint, Background, Path)).Error).And.Contain("background mode");
        vllm.Requests.First(request => request.Method == "POST").Body.Should().Be(Background);
        fetched.StatusCode.Should().Be(System.Net.HttpStatusCode.NotFound);
    }

    private static Task<FakeVllm> StartAsync(string version, ScriptedReply script) =>
        FakeVllm.StartAsync(new FakeVllmOptions { Model = null, Profile = VllmProfile.All.Single(profile => profile.Version == version) }, script);

    private static string WithoutTime(string data)
    {
        JsonNode json = JsonNode.Parse(data)!;
        (json["response"] ?? json)["created_at"] = 0;
        return json.ToJsonString();
    }
}

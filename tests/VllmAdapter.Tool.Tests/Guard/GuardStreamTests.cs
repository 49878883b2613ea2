using System.Net;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>What a client sees while an answer comes, and how each kind of end is written.</summary>
public sealed class GuardStreamTests
{
    private const string Ask = """{"model":"fake-model","stream":true,"max_tokens":22,"messages":[{"role":"user","content":"Hello."}]}""";
    private const string AskWithTool =
        """{"model":"fake-model","stream":true,"max_tokens":22,"messages":[{"role":"user","content":"Hello."}],"tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}]}""";

    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Text_goes_on_at_once_and_a_call_waits_until_it_is_whole()
    {
        var afterText = new TaskCompletionSource();
        var afterCall = new TaskCompletionSource();
        await using FakeVllm vllm = await FakeVllm.StartAsync(
            Script.Says("Let me see.").WaitsFor(afterText.Task).Calls("get_weather", """{"city": "Paris"}""").KeepsAlive("still there").WaitsFor(afterCall.Task)
                .Finishes("tool_calls").Uses(20, 12).Done());
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);
        using AnswerUnderWay answer = await AnswerUnderWay.AskAsync(guard.Address, AskWithTool);

        (await answer.UntilAsync("Let me see.")).Should().NotContain("get_weather");
        afterText.SetResult();
        (await answer.UntilAsync(": still there")).Should().NotContain("get_weather");
        afterCall.SetResult();
        (await answer.UntilAsync("[DONE]")).Should().Contain("get_weather").And.Contain("Paris");
    }

    [Fact]
    public async Task The_storys_stream_gets_its_finish_reason_and_says_that_nobody_confirmed_it()
    {
        RecordedExchange story = RecordedStreams.StoryWithoutFinishReason;
        await using FakeVllm vllm = await FakeVllm.StartAsync(new FakeVllmOptions { Model = null }, Script.Replays(story));
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);

        PlainClient client = await PlainClient.AskAsync(guard.Address, story.Request.Body!.ToJsonString());

        client.Ran.Should().ContainSingle().Which.Name.Should().Be("get_random_number");
        client.Finish.Should().Be("tool_calls");
        JsonNode written = JsonNode.Parse(client.Events.Single(data => data.Contains("vllm_adapter", StringComparison.Ordinal)))!;
        written["vllm_adapter"]!["verdict"]!.GetValue<string>().Should().Be("unconfirmed");
        written["vllm_adapter"]!["certainty"]!.GetValue<string>().Should().Be("inferred");
        client.Events[^1].Should().Be("[DONE]");
    }

    [Fact]
    public async Task A_withheld_call_ends_as_an_error_that_names_it_and_what_to_set_and_none_of_it_goes_out()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Let me see.").Calls("get_weather", """{"city": "Paris"}""").Finishes("tool_calls").Uses(20, 22).Done());
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);

        PlainClient client = await PlainClient.AskAsync(guard.Address, AskWithTool);

        client.Error.Should().Contain("get_weather").And.Contain("Raise max_tokens");
        client.Text.Should().Be("Let me see.");
        client.Events.Should().NotContain(data => data.Contains("Paris", StringComparison.Ordinal)).And.NotContain("[DONE]");
    }

    [Theory]
    [InlineData("length", false)]
    [InlineData("error", true)]
    public async Task A_cut_that_the_server_hid_ends_as_the_settings_say(string onCut, bool isError)
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Once upon").Uses(20, 22).Done());
        await using RunningGuard guard = await RunningGuard.WithAsync(new() { ["OnCut"] = onCut }, vllm.Endpoint);

        PlainClient client = await PlainClient.AskAsync(guard.Address, Ask);

        client.Text.Should().Be("Once upon");
        (client.Error is not null).Should().Be(isError);
        client.Finish.Should().Be(isError ? null : "length");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Usage_goes_to_a_client_that_asked_for_it_and_to_no_other(bool asks)
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Hello.").Finishes("stop").Uses(10, 3).Done());
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);
        string body = asks ? Ask.Replace("\"stream\":true", "\"stream\":true,\"stream_options\":{\"include_usage\":true}", StringComparison.Ordinal) : Ask;

        PlainClient client = await PlainClient.AskAsync(guard.Address, body);

        client.Events.Any(data => data.Contains("\"completion_tokens\"", StringComparison.Ordinal)).Should().Be(asks);
        vllm.Requests[0].Json!["stream_options"]!["include_usage"]!.GetValue<bool>().Should().BeTrue();
        if (asks)
            vllm.Requests[0].Body.Should().Be(body);
    }

    [Fact]
    public async Task A_whole_reply_that_is_confirmed_keeps_its_bytes_and_one_without_a_reason_gets_it()
    {
        string ask = Ask.Replace("\"stream\":true", "\"stream\":false", StringComparison.Ordinal);
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Hello.").Finishes("stop").Uses(10, 3), Script.Says("Hello.").Uses(10, 3));
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);
        using HttpClient http = new();

        using HttpResponseMessage confirmed = await http.SendAsync(AnswerUnderWay.Request(guard.Address, ask));
        using HttpResponseMessage mended = await http.SendAsync(AnswerUnderWay.Request(guard.Address, ask));

        confirmed.Headers.GetValues("vllm-adapter-verdict").Should().Equal("completed");
        (await confirmed.Content.ReadAsStringAsync()).Should().NotContain("vllm_adapter");
        JsonNode json = JsonNode.Parse(await mended.Content.ReadAsStringAsync())!;
        json["choices"]![0]!["finish_reason"]!.GetValue<string>().Should().Be("stop");
        json["vllm_adapter"]!["verdict"]!.GetValue<string>().Should().Be("unconfirmed");
    }

    [Fact]
    public async Task A_refusal_goes_through_as_the_server_wrote_it()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Refuses(400, "n must be 1 when using greedy sampling, got 2.", param: "n"));
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);
        using HttpClient http = new();

        using HttpResponseMessage guarded = await http.SendAsync(AnswerUnderWay.Request(guard.Address, Ask));
        using HttpResponseMessage direct = await http.SendAsync(AnswerUnderWay.Request(vllm.Endpoint, Ask));

        guarded.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        (await guarded.Content.ReadAsStringAsync()).Should().Be(await direct.Content.ReadAsStringAsync());
        guarded.Content.Headers.ContentType.Should().Be(direct.Content.Headers.ContentType);
    }

    [Fact]
    public async Task A_refusal_without_a_body_goes_through_so_and_is_counted_once()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Replies(503, ""));
        await using RunningGuard guard = await RunningGuard.WithAsync(new() { ["MaxAttempts"] = "1" }, vllm.Endpoint);
        using HttpClient http = new();

        using HttpResponseMessage response = await http.SendAsync(AnswerUnderWay.Request(guard.Address, Ask));

        response.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        (await response.Content.ReadAsStringAsync()).Should().BeEmpty();
        guard.Metrics.ToString().Should().Contain("refusals_total{status=\"503\"} 1\n");
    }

    [Fact]
    public async Task A_client_of_http2_gets_the_verdict_as_a_trailer()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Hello.").Finishes("stop").Uses(10, 3).Done());
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);
        using HttpClient http = new();
        using HttpRequestMessage request = AnswerUnderWay.Request(new UriBuilder(guard.Http2Address) { Scheme = "http" }.Uri, Ask);
        (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);

        using HttpResponseMessage response = await http.SendAsync(request);

        response.TrailingHeaders.GetValues("vllm-adapter-verdict").Should().Equal("completed");
    }

    [Fact]
    public async Task A_client_that_hangs_up_stops_the_server_and_is_counted()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Hello.").GoesSilent());
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);
        using (AnswerUnderWay answer = await AnswerUnderWay.AskAsync(guard.Address, Ask))
            await answer.UntilAsync("Hello.");

        await vllm.WhenIdleAsync().WaitAsync(Guard);
        vllm.Aborted.Should().Be(1);
    }

    [Fact]
    public async Task The_key_and_the_path_of_the_client_reach_the_server_and_every_other_route_goes_through()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(new FakeVllmOptions { ApiKey = "secret" }, Script.Says("Hello.").Finishes("stop").Done());
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);
        using HttpClient http = new();
        using HttpRequestMessage chat = AnswerUnderWay.Request(guard.Address, Ask);
        chat.Headers.Authorization = new("Bearer", "secret");
        using HttpRequestMessage models = new(HttpMethod.Get, new Uri(guard.Address, "v1/models")) { Headers = { Authorization = new("Bearer", "secret") } };

        using HttpResponseMessage answered = await http.SendAsync(chat);
        using HttpResponseMessage listed = await http.SendAsync(models);
        using HttpResponseMessage refused = await http.SendAsync(AnswerUnderWay.Request(guard.Address, Ask));

        answered.StatusCode.Should().Be(HttpStatusCode.OK);
        (await listed.Content.ReadAsStringAsync()).Should().Contain("fake-model");
        refused.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_counts_are_told_by_verdict_and_without_a_word_of_any_answer()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("a secret").Finishes("stop").Uses(10, 3).Done(), Script.Says("a secret").Done(), Script.Says("a secret"));
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);
        for (int i = 0; i < 3; i++)
            await PlainClient.AskAsync(guard.Address, Ask);

        using HttpClient http = new();
        string metrics = await http.GetStringAsync(new Uri(guard.Address, "metrics"));

        metrics.Should().Contain("vllm_adapter_guard_answers_total{verdict=\"completed\",certainty=\"declared\",ending=\"unchanged\"} 1")
            .And.Contain("vllm_adapter_guard_answers_total{verdict=\"unconfirmed\",certainty=\"inferred\",ending=\"reason_written\"} 1")
            .And.Contain("vllm_adapter_guard_answers_total{verdict=\"interrupted\",certainty=\"inferred\",ending=\"interrupted\"} 1")
            .And.NotContain("secret");
        (await http.GetStringAsync(new Uri(guard.Address, "healthz"))).Should().Be("ok\n");
    }
}

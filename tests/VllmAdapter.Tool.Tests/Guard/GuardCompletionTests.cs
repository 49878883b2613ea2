using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>Plain completions through a guard: what a client sees of each way to end.</summary>
public sealed class GuardCompletionTests
{
    private const string Path = "v1/completions";
    private const string Ask = """{"model":"fake-model","prompt":"Once","stream":true,"max_tokens":22}""";

    public static TheoryData<string, ScriptedReply, string?, string, string?> Ends => new()
    {
        { "a whole text", Script.Says("a llama").Finishes("stop").Uses(3, 4).Done(), "stop", "a llama", null },
        { "a cut that is told", Script.Says("a llama").Finishes("length").Uses(3, 22).Done(), "length", "a llama", null },
        { "a cut that is not told", Script.Says("a llama").Uses(3, 22).Done(), "length", "a llama", null },
        { "a reason that is missing", Script.Says("a llama").Uses(3, 4).Done(), "stop", "a llama", null },
        { "no reason and no end marker", Script.Says("a llama"), null, "a llama", "interrupted" },
        { "a connection that breaks", Script.Says("a llama").Cuts(), null, "a llama", "interrupted" },
        { "an engine that dies, and its end marker", Script.Says("a llama").Fails().Done(), null, "a llama", "InternalServerError" },
        { "a server that falls silent", Script.Says("a llama").GoesSilent(), null, "a llama", "stalled" },
        { "tokens counted and nothing delivered", Script.Says().Finishes("stop").Uses(3, 12).Done(), null, "", "output_missing" },
        { "an abort", Script.Says("a llama").Finishes("abort").Done(), null, "a llama", "aborted" },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_client_that_believes_what_it_sees_is_told_how_a_text_ended(string what, ScriptedReply script, string? finish, string text, string? error)
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(new FakeVllmOptions { Model = null }, script);
        await using RunningGuard guard = await RunningGuard.WithAsync(new() { ["MaxAttempts"] = "1", ["BetweenChunks"] = "00:00:00.300" }, vllm.Endpoint);

        PlainClient client = await PlainClient.AskAsync(guard.Address, Ask, Path);

        (client.Finish, client.Text).Should().Be((finish, text), what);
        if (error is null)
            client.Error.Should().BeNull(what);
        else
            client.Error.Should().Contain(error, what);
    }

    [Fact]
    public async Task Each_choice_of_each_prompt_gets_the_reason_that_it_lacks()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(
            new FakeVllmOptions { Model = null }, Script.Says("a").Choice(1).Says("b").Choice(2).Says("c").Choice(3).Says("d").Finishes("length").Done());
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);

        PlainClient client = await PlainClient.AskAsync(guard.Address, """{"prompt":["Once","Twice"],"n":2,"stream":true,"max_tokens":22}""", Path);

        string[] reasons = [.. client.Events.Select(ReasonOf).OfType<string>().Order(StringComparer.Ordinal)];
        reasons.Should().Equal("0 stop", "1 stop", "2 stop", "3 length");
        client.Events.Should().NotContain(data => data.Contains("\"delta\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_whole_text_arrives_byte_for_byte(bool stream)
    {
        string ask = Ask.Replace("\"stream\":true", stream ? "\"stream\":true,\"stream_options\":{\"include_usage\":true}" : "\"stream\":false", StringComparison.Ordinal);
        ScriptedReply script = Script.Says("a lla", "ma").Finishes("stop").Uses(3, 4).Done();
        await using FakeVllm vllm = await FakeVllm.StartAsync(new FakeVllmOptions { Model = null }, script);
        await using RunningGuard guard = await RunningGuard.WithAsync(new() { ["Explain"] = "false" }, vllm.Endpoint);
        PlainClient guarded = await PlainClient.AskAsync(guard.Address, ask, Path);
        string sentOn = vllm.Requests.First(request => request.Method == "POST").Body;

        PlainClient direct = await PlainClient.AskAsync(vllm.Endpoint, ask, Path);

        Stable(guarded).Should().Equal(Stable(direct));
        sentOn.Should().Be(ask);
    }

    [Fact]
    public async Task Usage_is_asked_for_where_the_client_did_not_and_it_does_not_see_it()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("a llama").Finishes("stop").Uses(3, 4).Done());
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);

        PlainClient client = await PlainClient.AskAsync(guard.Address, Ask, Path);

        vllm.Requests.First(request => request.Method == "POST").Json!["stream_options"]!["include_usage"]!.GetValue<bool>().Should().BeTrue();
        client.Events.Should().NotContain(data => data.Contains("completion_tokens", StringComparison.Ordinal));
        client.Events[^1].Should().Be("[DONE]");
    }

    private static string? ReasonOf(string data) =>
        data != "[DONE]" && (JsonNode.Parse(data)!["choices"] as JsonArray)?.FirstOrDefault() is { } choice && choice["finish_reason"]?.ToString() is { } reason ? $"{choice["index"]} {reason}" : null;

    // The server counts its answers, and looks at the clock.
    private static IEnumerable<string> Stable(PlainClient client) => client.Events.Select(data =>
    {
        if (data == "[DONE]")
            return data;

        JsonNode json = JsonNode.Parse(data)!;
        json["created"] = 0;
        return json.ToJsonString();
    });
}

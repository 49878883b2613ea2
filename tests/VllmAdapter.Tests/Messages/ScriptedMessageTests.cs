using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Tests.Messages;

/// <summary>The scripted server says a message as the recorded ones do.</summary>
public sealed partial class ScriptedMessageTests
{
    private static readonly MessageRequest Ask = new() { Model = "tiny", Messages = [VllmMessage.User("Once")], MaxTokens = 100, OnIncompleteStream = IncompleteStreamBehavior.Report };

    private static readonly MessageRequest AskWithTool = Ask with
    {
        Tools = [new ToolDefinition("get_weather", null, """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}""")],
    };

    public static TheoryData<string, string, ScriptedReply> Recorded => new()
    {
        { "0.20.2", "stop", Script.Says("text").Finishes("stop").Uses(12, 32).Done() },
        { "0.32.0", "stop", Script.Says("text").Finishes("stop").Uses(12, 32).Done() },
        { "0.33.0", "stop", Script.Says("text").Finishes("stop").Uses(12, 32).Done() },
        { "0.20.2", "length", Script.Says("text").Finishes("length").Uses(12, 5).Done() },
        { "0.33.0", "length", Script.Says("text").Finishes("length").Uses(12, 5).Done() },
        { "0.20.2", "stop-string", Script.Says("text").Finishes("stop", stopReason: "STOP").Uses(12, 3).Done() },
        { "0.32.0", "stop-string", Script.Says("text").Finishes("stop", stopReason: "STOP").Uses(12, 3).Done() },
        { "0.33.0", "tool", Script.CallsAs("id", "get_weather", "{}").Finishes("tool_calls").Uses(85, 34).Done() },
        { "0.20.2", "tool-cut", Script.Calls("get_weather").Finishes("tool_calls").Uses(85, 14).Done() },
        { "0.33.0", "tool-cut", Script.Calls("get_weather").Finishes("length").Uses(85, 14).Done() },
    };

    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task A_script_is_sent_in_the_events_that_a_real_server_sends(string version, string name, ScriptedReply script)
    {
        Recording recording = RecordedMessageTests.Recordings.At(new RecordedPath($"vllm-{version}/{name}"));
        using FakeVllm vllm = Server(version, script);
        using var http = vllm.CreateHttpClient();

        HttpResponseMessage reply = await http.PostAsync(new Uri("/v1/messages", UriKind.Relative), new StringContent("""{"model":"tiny","messages":[],"max_tokens":9,"stream":true}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")));

        Shape(await reply.Content.ReadAsStringAsync()).Should().Equal(Shape(Encoding.UTF8.GetString(recording.Body)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Thinking_text_and_calls_arrive_streamed_and_whole(bool stream)
    {
        using FakeVllm vllm = Server("0.33.0", Script.Reasons("Hm.").Says("Let me ", "see.").CallsAs("c1", "get_weather", """{"city":""", "\"Paris\"}").Finishes("tool_calls").Uses(10, 20).Done());

        ChatAnswer answer = await vllm.CreateAdapter().CompleteMessageAsync(AskWithTool with { Stream = stream });

        (answer.Reasoning, answer.Text, answer.Usage!.PromptTokens, answer.Usage.CompletionTokens).Should().Be(("Hm.", "Let me see.", 10, 20));
        answer.ToolCalls.Should().ContainSingle().Which.Should().Be(new ToolCall("c1", "get_weather", """{"city":"Paris"}"""));
        vllm.Requests.Should().ContainSingle().Which.Path.Should().Be("/v1/messages");
    }

    [Fact]
    public async Task A_model_is_cut_where_its_tokens_end()
    {
        using FakeVllm vllm = Server("0.33.0", Script.Model.Says(string.Concat(Enumerable.Repeat(" word", 20))));

        StreamOutcome outcome = (await vllm.CreateAdapter().CompleteMessageAsync(Ask with { MaxTokens = 5 })).Outcome;

        (outcome.Verdict, outcome.Limit).Should().Be((StreamVerdict.LengthLimited, LengthLimit.MaxTokens), outcome.Explain());
    }

    [Fact]
    public async Task A_dead_engine_is_an_error_of_the_routes_own_shape()
    {
        using FakeVllm vllm = Server("0.33.0", Script.Says("Hel").Fails());

        ChatAnswer answer = await vllm.CreateAdapter().CompleteMessageAsync(Ask);

        (answer.Text, answer.Outcome.Verdict).Should().Be(("Hel", StreamVerdict.ServerError));
    }

    [Fact]
    public async Task A_version_without_the_route_says_so()
    {
        using FakeVllm vllm = Server("0.11.0", Script.Says("Hello."));
        Func<Task> ask = () => vllm.CreateAdapter().CompleteMessageAsync(Ask);

        (await ask.Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().Be(RequestFailure.RouteNotFound);
    }

    // Pieces are of any length, and ids are made up.
    private static List<string> Shape(string body)
    {
        List<string> events = [];
        foreach (Match match in Data().Matches(body))
        {
            JsonObject data = JsonNode.Parse(match.Groups["json"].Value)!.AsObject();
            if (data["delta"] is JsonObject delta && (delta.ContainsKey("text") || delta.ContainsKey("partial_json")))
                (delta["text"], delta["partial_json"]) = (null, null);
            foreach (JsonObject holder in new[] { data["message"], data["content_block"] }.OfType<JsonObject>().Where(holder => holder.ContainsKey("id")))
                holder["id"] = "";
            if (data["message"] is JsonObject message)
                message["usage"]!["input_tokens"] = 0;

            string shape = $"{match.Groups["event"].Value}: {data.ToJsonString()}";
            if (events.Count == 0 || events[^1] != shape)
                events.Add(shape);
        }

        return events;
    }

    private static FakeVllm Server(string version, ScriptedReply script) =>
        FakeVllm.InMemory(new FakeVllmOptions { Profile = VllmProfile.All.Single(profile => profile.Version == version), Model = "tiny" }, script);

    [GeneratedRegex(@"event: (?<event>\w+)\ndata: (?<json>.*)\n")]
    private static partial Regex Data();
}

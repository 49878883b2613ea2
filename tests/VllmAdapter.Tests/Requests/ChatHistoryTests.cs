using System.Text.Json.Nodes;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Requests;

public sealed class ChatHistoryTests
{
    private static readonly ChatRequest Request = new()
    {
        Messages = [VllmMessage.User("How is the weather in Paris?")],
        Tools =
        [
            new("get_weather", null, """{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}"""),
            new("random_number"),
        ],
        MaxTokens = 100,
    };

    [Fact]
    public async Task A_turn_enters_with_its_text_its_calls_and_their_results()
    {
        StreamOutcome turn = await TurnAsync(Script.Reasons("Weather...").Says("Let me see.")
            .CallsAs("a", "get_weather", """{"city": "Paris"}""").CallsAs("b", "random_number", "{}").Finishes("tool_calls").Uses(10, 9).Done());

        JsonArray messages = Sent(Request.With(turn, VllmMessage.Tool("b", "4"), VllmMessage.Tool("a", "Sunny.")));

        messages.ToJsonString().Should().Be(new JsonArray(
            Node("""{"role":"user","content":"How is the weather in Paris?"}"""),
            Node("""
                {"role":"assistant","content":"Let me see.","reasoning":"Weather...","tool_calls":[
                    {"id":"a","type":"function","function":{"name":"get_weather","arguments":"{\"city\": \"Paris\"}"}},
                    {"id":"b","type":"function","function":{"name":"random_number","arguments":"{}"}}]}
                """),
            Node("""{"role":"tool","tool_call_id":"a","content":"Sunny."}"""),
            Node("""{"role":"tool","tool_call_id":"b","content":"4"}""")).ToJsonString());
    }

    [Fact]
    public async Task A_call_without_any_arguments_enters_with_an_empty_object()
    {
        StreamOutcome turn = await TurnAsync(Script.CallsAs("a", "random_number").Uses(10, 9).Done());

        Sent(Request.With(turn, VllmMessage.Tool("a", "4")))[1]!["tool_calls"]![0]!["function"]!["arguments"]!.GetValue<string>()
            .Should().Be("{}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("""{"city": "Par""")]
    [InlineData("""{"city": "Paris"}{"city": "Paris"}""")]
    public async Task A_withheld_call_stays_out_and_so_does_a_result_for_it(string arguments)
    {
        StreamOutcome turn = await TurnAsync(Script.Says("Hm.").CallsAs("a", "get_weather", arguments).Finishes("tool_calls").Uses(10, 9).Done());
        turn.WithheldToolCalls.Should().ContainSingle();

        Sent(Request.With(turn, VllmMessage.Tool("a", "?"))).ToJsonString().Should().Be(new JsonArray(
            Node("""{"role":"user","content":"How is the weather in Paris?"}"""),
            Node("""{"role":"assistant","content":"Hm."}""")).ToJsonString());
    }

    [Fact]
    public async Task A_turn_that_leaves_nothing_adds_no_message()
    {
        StreamOutcome turn = await TurnAsync(Script.CallsAs("a", "get_weather", """{"city": "P""").Finishes("tool_calls").Uses(10, 9).Done());

        Request.With(turn).Messages.Should().Equal(Request.Messages);
    }

    [Fact]
    public async Task A_call_without_a_result_is_answered_with_what_speaks_against_it()
    {
        StreamOutcome turn = await TurnAsync(Script.CallsAs("a", "random_number", "{}").CallsAs("b", "get_weather", "{}")
            .Finishes("tool_calls").Uses(10, 9).Done());

        Request.With(turn).Messages.OfType<ToolMessage>().Should().Equal(
            VllmMessage.Tool("a", "The call was not run."),
            VllmMessage.Tool("b", "The call was not run. The required argument 'city' is missing."));
    }

    [Fact]
    public async Task A_result_that_belongs_to_no_call_is_a_mistake_of_the_caller()
    {
        StreamOutcome turn = await TurnAsync(Script.CallsAs("a", "random_number", "{}").Finishes("tool_calls").Uses(10, 9).Done());

        Action with = () => Request.With(turn, VllmMessage.Tool("x", "4"));

        with.Should().Throw<ArgumentException>().WithMessage("There is a result for 'x'*");
    }

    [Fact]
    public async Task Two_calls_of_one_id_get_their_results_in_order()
    {
        StreamOutcome turn = await TurnAsync(Script.CallDelta(0, "a", "random_number", "{}").CallDelta(1, "a", "random_number", "{}")
            .Finishes("tool_calls").Uses(10, 9).Done());
        turn.ToolCalls.Should().HaveCount(2);

        Request.With(turn, VllmMessage.Tool("a", "4"), VllmMessage.Tool("a", "5")).Messages.OfType<ToolMessage>()
            .Select(result => result.Content).Should().Equal("4", "5");
    }

    [Fact]
    public async Task Only_the_calls_of_the_choice_that_is_taken_are_corrected()
    {
        StreamOutcome turn = await TurnAsync(Script.Says("Sunny.").Finishes("stop").Choice(1).Calls("random_number", "[").Finishes("tool_calls").Uses(10, 9).Done());
        turn.WithheldToolCalls.Should().ContainSingle();

        Request.Correcting(turn).Messages[^1].Should().BeOfType<AssistantMessage>();
    }

    [Fact]
    public async Task Reasoning_is_dropped_when_asked()
    {
        StreamOutcome turn = await TurnAsync(Script.Reasons("Paris is in France.").Says("Sunny.").Finishes("stop").Uses(10, 9).Done());

        Request.With(turn).Messages[^1].As<AssistantMessage>().Reasoning.Should().Be("Paris is in France.");
        Request.With(turn, keepReasoning: false, []).Messages[^1].As<AssistantMessage>().Reasoning.Should().BeNull();
    }

    // litellm#26501: a server reads past thoughts only under its own name for them.
    [Theory]
    [InlineData(null, """{"role":"assistant","content":"Sunny.","reasoning":"Hm."}""")]
    [InlineData("reasoning_content", """{"role":"assistant","content":"Sunny.","reasoning_content":"Hm."}""")]
    public void Reasoning_goes_back_under_the_name_that_it_came_with(string? name, string sent)
    {
        var turn = new StreamOutcome { Received = [new ChatChoice { Text = "Sunny.", Reasoning = "Hm.", ReasoningName = name }] };

        Sent(Request.With(turn))[1]!.ToJsonString().Should().Be(sent);
    }

    [Fact]
    public async Task Half_a_surrogate_pair_in_the_text_can_be_sent_back()
    {
        StreamOutcome turn = await TurnAsync(Script.Event("""{"choices":[{"index":0,"delta":{"content":"x\ud83d"},"finish_reason":"stop"}]}""").Done());

        Sent(Request.With(turn))[1]!["content"]!.GetValue<string>().Should().Be("x\uFFFD");
    }

    [Fact]
    public async Task The_received_text_is_not_part_of_the_outcome_as_json()
    {
        StreamOutcome turn = await TurnAsync(Script.Says("Sunny.").Finishes("stop").Uses(10, 9).Done());

        turn.ToJson().Should().NotContain("Sunny.");
    }

    [Fact]
    public void An_answer_enters_as_its_outcome_does()
    {
        ChatAnswer answer = Answering("Sunny.");

        Sent(Request.With(answer))[1]!.ToJsonString().Should().Be("""{"role":"assistant","content":"Sunny."}""");
        Sent(Request.With(answer, (IEnumerable<ToolMessage>)[]))[1]!.ToJsonString().Should().Be("""{"role":"assistant","content":"Sunny."}""");
    }

    [Fact]
    public void An_answer_is_corrected_as_its_outcome_is()
    {
        ChatAnswer answer = Answering("Hm.") with
        {
            Outcome = new StreamOutcome { WithheldToolCalls = [new() { Name = "random_number", RawArguments = "[", Reason = WithheldReason.ArgumentsMalformed }] },
        };

        JsonArray messages = Sent(Request.Correcting(answer));

        messages[1]!["content"]!.GetValue<string>().Should().Be("Hm.");
        messages[^1]!["content"]!.GetValue<string>().Should().Contain("random_number");
    }

    [Fact]
    public void Messages_may_come_one_by_one_or_together()
    {
        VllmMessage[] said = [VllmMessage.Assistant("Sunny."), VllmMessage.User("And in Rome?")];

        Request.With(said[0], said[1]).Messages.Should().Equal([.. Request.Messages, .. said]);
        Request.With(said.AsEnumerable()).Messages.Should().Equal([.. Request.Messages, .. said]);
    }

    [Fact]
    public void The_calls_of_an_answer_may_stand_in_the_history_as_they_are()
    {
        ToolCall came = new("a", "random_number", "{}") { ChoiceIndex = 1, IdIsSynthetic = true, Problems = ["None."] };

        Sent(Request.With(VllmMessage.Assistant(null, came)))[1]!.ToJsonString().Should().Be(
            """{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"random_number","arguments":"{}"}}]}""");
    }

    private static ChatAnswer Answering(string text) => new() { Choices = [new ChatChoice { Text = text }], Outcome = new StreamOutcome() };

    private static async Task<StreamOutcome> TurnAsync(ScriptedReply script)
    {
        using var vllm = FakeVllm.InMemory(script);
        using HttpClient http = vllm.CreateHttpClient();
        ChatStream stream = new VllmInferenceAdapter(http, new VllmAdapterOptions()).StreamChatAsync(Request);
        await foreach (ChatChunk chunk in stream)
        {
            // The outcome is what counts.
        }

        return stream.Outcome;
    }

    private static JsonArray Sent(ChatRequest request) =>
        JsonNode.Parse(ChatRequestBody.Build(request, null, UsageReporting.None).Utf8)!["messages"]!.AsArray();

    private static JsonNode Node(string json) => JsonNode.Parse(json)!;
}

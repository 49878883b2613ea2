using System.Text.Json.Nodes;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Responses;

/// <summary>Responses: their events are judged by the same judge as chats, whatever the terminal event is called and whatever an item says of itself.</summary>
public sealed class ResponseTests
{
    private static readonly ToolDefinition Weather = new(
        "get_weather", "Weather of a city.", """{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}""");

    private static readonly ResponseRequest Ask = new()
    {
        Input = [VllmMessage.User("What is the weather in Paris?")],
        MaxOutputTokens = 22,
        OnIncompleteStream = IncompleteStreamBehavior.Report,
    };

    private static readonly ResponseRequest AskWithTool = Ask with { Tools = [Weather] };

    public static TheoryData<string, string, ScriptedReply, StreamVerdict, Certainty, string> Ends => new()
    {
        { "0.33.0", "a whole text", Script.Says("Hel", "lo.").Finishes("stop").Uses(10, 3).Done(), StreamVerdict.Completed, Certainty.Declared, "Hello." },
        { "0.11.0", "a whole text", Script.Says("Hel", "lo.").Finishes("stop").Uses(10, 3).Done(), StreamVerdict.Completed, Certainty.Declared, "Hello." },
        { "0.33.0", "a cut text, told by name and status", Script.Says("Hel").Finishes("length").Uses(10, 22).Done(), StreamVerdict.LengthLimited, Certainty.Declared, "Hel" },
        { "0.32.0", "a cut text, told by the status only", Script.Says("Hel").Finishes("length").Uses(10, 22).Done(), StreamVerdict.LengthLimited, Certainty.Declared, "Hel" },
        { "0.20.2", "a cut text, told by the status only", Script.Says("Hel").Finishes("length").Uses(10, 22).Done(), StreamVerdict.LengthLimited, Certainty.Declared, "Hel" },
        { "0.11.0", "a cut text, told by the count only", Script.Says("Hel").Finishes("length").Uses(10, 22).Done(), StreamVerdict.LengthLimited, Certainty.Inferred, "Hel" },
        { "0.32.0", "no terminal event", Script.Says("Hel"), StreamVerdict.Interrupted, Certainty.Inferred, "Hel" },
        { "0.32.0", "the connection breaks", Script.Says("Hel").Cuts(), StreamVerdict.Interrupted, Certainty.Observed, "Hel" },
        { "0.32.0", "an engine that died, and no terminal event", Script.Says("Hel").Fails(), StreamVerdict.ServerError, Certainty.Observed, "Hel" },
        { "0.32.0", "tokens counted and nothing delivered", Script.Reasons().Finishes("stop").Uses(10, 12).Done(), StreamVerdict.Unconfirmed, Certainty.Inferred, "" },
        { "0.32.0", "an event that is no JSON", Script.Says("Hel").Event("{\"type\":\"response.output_text.delta\",").Done(), StreamVerdict.Malformed, Certainty.Observed, "Hel" },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_stream_is_judged_by_all_the_evidence(string version, string what, ScriptedReply script, StreamVerdict verdict, Certainty certainty, string text)
    {
        using FakeVllm vllm = Server(version, script);

        ChatAnswer answer = await vllm.CreateAdapter().CompleteResponseAsync(Ask);

        (answer.Outcome.Verdict, answer.Outcome.Certainty).Should().Be((verdict, certainty), $"{what}: {answer.Outcome.Explain()}");
        answer.Text.Should().Be(text);
        vllm.Requests.Should().ContainSingle().Which.Path.Should().Be("/v1/responses");
    }

    [Theory]
    [InlineData("0.33.0", true)]
    [InlineData("0.33.0", false)]
    [InlineData("0.11.0", true)]
    [InlineData("0.11.0", false)]
    public async Task Reasoning_text_usage_and_ids_arrive_streamed_and_whole(string version, bool stream)
    {
        using FakeVllm vllm = Server(version, Script.Reasons("Let me ", "think.").Says("Llamas ", "are camelids.").Finishes("stop").Uses(10, 9, reasoning: 4).Done());

        ChatAnswer answer = await vllm.CreateAdapter().CompleteResponseAsync(Ask with { Stream = stream });

        (answer.Reasoning, answer.Text).Should().Be(("Let me think.", "Llamas are camelids."));
        answer.Usage.Should().Match<TokenUsage>(usage => usage.PromptTokens == 10 && usage.CompletionTokens == 9 && usage.Details!.ReasoningTokens == 4);
        (answer.FinishReason, answer.Model).Should().Be((FinishReason.Completed, "fake-model"));
        answer.Id.Should().StartWith("resp_");
        answer.Extra!["status"].GetString().Should().Be("completed");
        answer.Extra["output"].GetArrayLength().Should().Be(2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_the_whole_answer_confirms_is_ready(bool stream)
    {
        using FakeVllm vllm = Server("0.33.0", Script.Says("Let me see.").CallsAs("call_1", "get_weather", """{"city":""", """ "Paris"}""").Finishes("stop").Uses(10, 12).Done());

        ChatAnswer answer = await vllm.CreateAdapter().CompleteResponseAsync(AskWithTool with { Stream = stream });

        answer.ToolCalls.Should().ContainSingle().Which.Should().Be(new ToolCall("call_1", "get_weather", """{"city": "Paris"}"""));
        answer.Text.Should().Be("Let me see.");
        answer.Outcome.Verdict.Should().Be(StreamVerdict.Completed);
    }

    [Fact]
    public async Task Parallel_calls_stay_apart_and_in_order()
    {
        using FakeVllm vllm = Server("0.33.0", Script.CallsAs("one", "get_weather", """{"city": "Paris"}""").CallsAs("two", "get_weather", """{"city": """, "\"Oslo\"}").Finishes("stop").Uses(10, 12).Done());

        ChatAnswer answer = await vllm.CreateAdapter().CompleteResponseAsync(AskWithTool);

        answer.ToolCalls.Select(call => (call.Id, call.Arguments)).Should().Equal(("one", """{"city": "Paris"}"""), ("two", """{"city": "Oslo"}"""));
    }

    public static TheoryData<string, string, ScriptedReply, StreamVerdict, WithheldReason> Withheld => new()
    {
        { "0.33.0", "cut before its arguments, and incomplete", Script.Calls("get_weather").Finishes("length").Uses(10, 22).Done(), StreamVerdict.LengthLimited, WithheldReason.ChoiceCut },
        { "0.32.0", "cut before its arguments, its item completed", Script.Calls("get_weather").Finishes("length").Uses(10, 22).Done(), StreamVerdict.LengthLimited, WithheldReason.ChoiceCut },
        { "0.32.0", "whole JSON, but the response is incomplete", Script.Calls("get_weather", """{"city": "Paris"}""").Finishes("length").Uses(10, 22).Done(), StreamVerdict.LengthLimited, WithheldReason.ChoiceCut },
        { "0.20.2", "cut, and its item never closed", Script.Calls("get_weather").Finishes("length").Uses(10, 22).Done(), StreamVerdict.LengthLimited, WithheldReason.ChoiceCut },
        { "0.32.0", "completed at exactly the limit", Script.Calls("get_weather", """{"city": "Paris"}""").Finishes("stop").Uses(10, 22).Done(), StreamVerdict.LengthLimited, WithheldReason.ChoiceCut },
        { "0.32.0", "no arguments where one is required", Script.Calls("get_weather").Finishes("stop").Uses(10, 5).Done(), StreamVerdict.Completed, WithheldReason.ArgumentsMissing },
        { "0.32.0", "no terminal event", Script.Calls("get_weather", """{"city": "Paris"}"""), StreamVerdict.Interrupted, WithheldReason.StreamBroken },
        { "0.32.0", "an engine that died", Script.Calls("get_weather", """{"city": "Paris"}""").Fails(), StreamVerdict.ServerError, WithheldReason.StreamBroken },
    };

    [Theory]
    [MemberData(nameof(Withheld))]
    public async Task A_call_that_nothing_shows_to_be_whole_is_withheld(string version, string what, ScriptedReply script, StreamVerdict verdict, WithheldReason reason)
    {
        using FakeVllm vllm = Server(version, script);

        ChatAnswer answer = await vllm.CreateAdapter().CompleteResponseAsync(AskWithTool);

        answer.ToolCalls.Should().BeEmpty(what);
        answer.Outcome.WithheldToolCalls.Should().ContainSingle(what).Which.Reason.Should().Be(reason);
        answer.Outcome.Verdict.Should().Be(verdict, what);
    }

    [Theory]
    [InlineData("""{"type":"response.failed","response":{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"The engine is gone."},"output":[]}}""")]
    [InlineData("""{"type":"error","code":"server_error","message":"The engine is gone.","param":null}""")]
    [InlineData("""{"error":{"message":"The engine is gone.","type":"server_error","code":500}}""")]
    public async Task A_failure_in_every_shape_is_the_servers_error(string data)
    {
        using FakeVllm before = Server("0.32.0", Script.Event(data));
        using FakeVllm within = Server("0.32.0", Script.Says("Hel").Event(data));
        Func<Task> ask = () => before.CreateAdapter(options => options.Resilience.MaxAttempts = 1).CompleteResponseAsync(Ask);

        ChatAnswer answer = await within.CreateAdapter().CompleteResponseAsync(Ask);

        (await ask.Should().ThrowAsync<VllmRequestException>()).WithMessage("*The engine is gone*");
        answer.Outcome.Verdict.Should().Be(StreamVerdict.ServerError);
        answer.Outcome.Evidence.Error!.Message.Should().Contain("The engine is gone");
    }

    [Fact]
    public async Task A_whole_response_that_failed_is_no_answer()
    {
        using FakeVllm vllm = Server("0.32.0", Script.Replies(200, """{"id":"resp_1","object":"response","status":"failed","error":{"code":"server_error","message":"The engine is gone."},"output":[]}""", "application/json"));
        Func<Task> ask = () => vllm.CreateAdapter(options => options.Resilience.MaxAttempts = 1).CompleteResponseAsync(Ask with { Stream = false });

        (await ask.Should().ThrowAsync<VllmRequestException>()).WithMessage("*The engine is gone*");
    }

    [Fact]
    public async Task The_limit_that_the_server_tells_counts_where_the_request_names_none()
    {
        using FakeVllm vllm = FakeVllm.InMemory(
            new FakeVllmOptions { Profile = VllmProfile.V0_11, ContextWindow = 40 }, Script.Model.Says(string.Concat(Enumerable.Repeat(" word", 100))));

        StreamOutcome outcome = (await vllm.CreateAdapter().CompleteResponseAsync(Ask with { MaxOutputTokens = null })).Outcome;

        (outcome.Verdict, outcome.Certainty).Should().Be((StreamVerdict.LengthLimited, Certainty.Inferred), outcome.Explain());
    }

    [Theory]
    [InlineData(IncompleteStreamBehavior.Throw, true)]
    [InlineData(IncompleteStreamBehavior.Report, false)]
    public async Task What_is_incomplete_throws_unless_it_is_to_be_reported_and_nothing_received_is_lost(IncompleteStreamBehavior behavior, bool throws)
    {
        using FakeVllm vllm = Server("0.32.0", Script.Says("Hel"));
        ChatStream stream = vllm.CreateAdapter().StreamResponseAsync(Ask with { OnIncompleteStream = behavior });
        string text = "";
        Exception? thrown = null;
        try
        {
            await foreach (ChatChunk chunk in stream)
                text += chunk.Text;
        }
        catch (IncompleteStreamException incomplete)
        {
            thrown = incomplete;
            incomplete.Received.Text.Should().Be("Hel");
        }

        (text, thrown is not null).Should().Be(("Hel", throws));
        stream.Outcome.Verdict.Should().Be(StreamVerdict.Interrupted);
    }

    [Fact]
    public async Task Nothing_has_begun_before_the_first_item_so_a_server_that_breaks_off_is_asked_again()
    {
        using FakeVllm vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = VllmProfile.V0_32 }, Script.Empty.Cuts(), Script.Says("Hello.").Finishes("stop").Uses(10, 3).Done());

        ChatAnswer answer = await vllm.CreateAdapter(options => options.Resilience.BaseDelay = TimeSpan.Zero).CompleteResponseAsync(Ask);

        answer.Text.Should().Be("Hello.");
        answer.Outcome.Attempts.Should().Be(2);
    }

    [Fact]
    public async Task A_turn_with_its_calls_and_results_goes_back_as_items()
    {
        using FakeVllm vllm = FakeVllm.InMemory(
            new FakeVllmOptions { Profile = VllmProfile.V0_33 },
            Script.Says("Let me see.").CallsAs("call_1", "get_weather", """{"city": "Paris"}""").Finishes("stop").Uses(10, 12).Done(),
            Script.Says("It is mild.").Finishes("stop").Uses(30, 4).Done());
        VllmInferenceAdapter adapter = vllm.CreateAdapter();
        ChatAnswer turn = await adapter.CompleteResponseAsync(AskWithTool);

        ChatAnswer answer = await adapter.CompleteResponseAsync(AskWithTool.With(turn, VllmMessage.Tool("call_1", "mild")));

        answer.Text.Should().Be("It is mild.");
        JsonNode.DeepEquals(vllm.Requests[1].Json!["input"], JsonNode.Parse("""
            [
              {"role": "user", "content": "What is the weather in Paris?"},
              {"role": "assistant", "content": "Let me see."},
              {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{\"city\": \"Paris\"}"},
              {"type": "function_call_output", "call_id": "call_1", "output": "mild"}
            ]
            """)).Should().BeTrue(vllm.Requests[1].Body);
    }

    public static TheoryData<string, string[], string, string, string> OddEvents => new()
    {
        { "texts that come only whole", [Item("message"), Done("output_text", "text", "Hello."), Closed("""{"id":"i0","type":"message","content":[{"type":"output_text","text":"Hello."}]}""")], "Hello.", "", "" },
        { "items that come only whole", [Closed("""{"id":"i0","type":"message","content":[{"type":"output_text","text":"Hel"},{"type":"output_text","text":"lo."}]}""")], "Hello.", "", "" },
        { "reasoning that comes only whole", [Closed("""{"id":"i0","type":"reasoning","content":[{"type":"reasoning_text","text":"Hm."}]}"""), Delta("output_text", "Hello.")], "Hello.", "Hm.", "" },
        { "the names of reasoning up to 0.30", ["""{"type":"response.reasoning_part.added","part":{"text":"","type":"reasoning_text"}}""", Delta("reasoning_text", "Hm."), Delta("output_text", "Hello.")], "Hello.", "Hm.", "" },
        { "a summary of reasoning", [Delta("reasoning_summary_text", "Hm."), Delta("output_text", "Hello.")], "Hello.", "Hm.", "" },
        { "a refusal", [Item("message"), Delta("refusal", "I "), Delta("refusal", "won't."), Done("refusal", "refusal", "I won't.")], "", "", "I won't." },
        { "half a character in each piece", [Delta("output_text", "\\ud83d"), Delta("output_text", "\\ude42")], "\ud83d\ude42", "", "" },
        { "events that nobody knows", ["""{"type":"response.web_search_call.searching","item_id":"ws"}""", """{"type":"response.new"}""", Delta("output_text", "Hello.")], "Hello.", "", "" },
        { "pieces without a place, and then the whole with one", ["""{"type":"response.output_text.delta","delta":"Hello."}""", Done("output_text", "text", "Hello."), Closed("""{"id":"i0","type":"message","content":[{"type":"output_text","text":"Hello."}]}""")], "Hello.", "", "" },
        { "pieces with a place, and then the whole without one", [Delta("output_text", "Hello."), """{"type":"response.output_text.done","text":"Hello."}""", """{"type":"response.output_item.done","item":{"type":"message","content":[{"type":"output_text","text":"Hello."}]}}"""], "Hello.", "", "" },
        { "a last piece that only the whole holds", [Delta("output_text", "Hel"), Done("output_text", "text", "Hello.")], "Hello.", "", "" },
        { "a whole that is shorter than its pieces", [Delta("output_text", "Hello."), Done("output_text", "text", "Hel")], "Hello.", "", "" },
        { "an item whose content is one text", [Closed("""{"id":"i0","type":"message","content":"Hello."}""")], "Hello.", "", "" },
        { "events that a proxy glued together", [Delta("output_text", "Hel") + Delta("output_text", "lo.")], "Hello.", "", "" },
        { "values of wrong types", ["""{"type":"response.output_text.delta","delta":null}""", """{"type":"response.output_text.delta","delta":7}""", """{"type":"response.output_item.added","item":"x"}""", Delta("output_text", "Hello.")], "Hello.", "", "" },
    };

    [Theory]
    [MemberData(nameof(OddEvents))]
    public async Task Pieces_are_read_in_every_way_in_which_they_come_and_never_twice(string what, string[] events, string text, string reasoning, string refusal)
    {
        ScriptedReply script = events.Aggregate(Script.Empty, (reply, data) => reply.Event(data));
        using FakeVllm vllm = Server("0.32.0", script.Event("""{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[]}}"""));

        ChatAnswer answer = await vllm.CreateAdapter().CompleteResponseAsync(Ask);

        (answer.Text, answer.Reasoning, answer.Refusal).Should().Be((text, reasoning, refusal), what);
        answer.Outcome.Verdict.Should().Be(StreamVerdict.Completed, answer.Outcome.Explain());
    }

    [Fact]
    public async Task A_stream_whose_pieces_never_came_has_the_output_of_its_last_event()
    {
        using FakeVllm vllm = Server("0.32.0", Script.Empty.Event(
            """{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[{"id":"m","type":"message","role":"assistant","content":[{"type":"output_text","text":"Hello."}]},{"id":"f","type":"function_call","call_id":"call_1","name":"get_weather","arguments":"{\"city\": \"Paris\"}"}],"usage":{"input_tokens":3,"output_tokens":9,"total_tokens":12}}}"""));

        ChatAnswer answer = await vllm.CreateAdapter().CompleteResponseAsync(AskWithTool);

        answer.Text.Should().Be("Hello.");
        answer.ToolCalls.Should().ContainSingle().Which.Id.Should().Be("call_1");
    }

    public static TheoryData<string, string[], string, string[]> Calls => new()
    {
        { "the last piece of the arguments only where they stand whole", [Opened("f"), Piece("f", 0, """{\"city\": \"Par"""), Told("f", 0, """{\"city\": \"Paris\"}"""), ClosedCall("f", 0, """{\"city\": \"Paris\"}""")], "[]", ["""c-f {"city": "Paris"}"""] },
        { "arguments that are written in another way where they stand whole", [Opened("f"), Piece("f", 0, """{\"city\": \"Paris\"}"""), ClosedCall("f", 0, """{\"city\":\"Paris\"}""")], "[]", ["""c-f {"city": "Paris"}"""] },
        { "arguments that stand where the call begins, and once more in pieces", [Opened("f", 0, "\"{\\\"city\\\": \\\"Paris\\\"}\""), Piece("f", 0, """{\"city\": \"Paris\"}"""), ClosedCall("f", 0, """{\"city\": \"Paris\"}""")], "[]", ["""c-f {"city": "Paris"}"""] },
        { "an empty object where the pieces are to come", [Opened("f", 0, "\"{}\""), Piece("f", 0, """{\"city\": \"Paris\"}"""), ClosedCall("f", 0, """{\"city\": \"Paris\"}""")], "[]", ["""c-f {"city": "Paris"}"""] },
        { "arguments that are an object instead of its text", [Opened("f", 0, """{"city":"Paris"}"""), """{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"f","call_id":"c-f","name":"get_weather","arguments":{"city":"Paris"}}}"""], "[]", ["""c-f {"city":"Paris"}"""] },
        { "a call that is told whole but never closed", [Opened("f"), Piece("f", 0, """{\"city\": \"Paris\"}"""), Told("f", 0, """{\"city\": \"Paris\"}""")], "[]", ["""c-f {"city": "Paris"}"""] },
        { "two calls of one item id, one after the other", [Opened("f"), Piece("f", 0, """{\"city\": \"Paris\"}"""), ClosedCall("f", 0, """{\"city\": \"Paris\"}"""), Opened("f", 1), Piece("f", 1, """{\"city\": \"Oslo\"}"""), ClosedCall("f", 1, """{\"city\": \"Oslo\"}""")], "[]", ["""c-f {"city": "Paris"}""", """c-f {"city": "Oslo"}"""] },
        { "two calls of one item id, interleaved", [Opened("f"), Opened("f", 1), Piece("f", 0, """{\"city\": \"Paris\"}"""), Piece("f", 1, """{\"city\": \"Oslo\"}"""), ClosedCall("f", 0, """{\"city\": \"Paris\"}"""), ClosedCall("f", 1, """{\"city\": \"Oslo\"}""")], "[]", ["""c-f {"city": "Paris"}""", """c-f {"city": "Oslo"}"""] },
        { "pieces of a call whose beginning was lost are not another's", [Opened("f"), Piece("g", 1, """{\"city\": \"Paris\"}"""), ClosedCall("f", 0, "")], "[]", [] },
        { "a call that only the last event holds, after text", [Delta("output_text", "Let me see.")], """[{"type":"message","content":[{"type":"output_text","text":"Let me see."}]},{"type":"function_call","call_id":"c-g","name":"get_weather","arguments":"{\"city\": \"Paris\"}"}]""", ["""c-g {"city": "Paris"}"""] },
        { "a second call that only the last event holds", [Opened("f"), Piece("f", 0, """{\"city\": \"Paris\"}"""), ClosedCall("f", 0, """{\"city\": \"Paris\"}""")], """[{"type":"function_call","call_id":"other","name":"get_weather","arguments":"{\"city\": \"Paris\"}"},{"type":"function_call","call_id":"c-g","name":"get_weather","arguments":"{\"city\": \"Oslo\"}"}]""", ["""c-f {"city": "Paris"}""", """c-g {"city": "Oslo"}"""] },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_gets_its_own_arguments_wherever_they_stand(string what, string[] events, string output, string[] ready)
    {
        ScriptedReply script = events.Aggregate(Script.Empty, (reply, data) => reply.Event(data));
        using FakeVllm vllm = Server("0.32.0", script.Event($$"""{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":{{output}},"usage":{"input_tokens":3,"output_tokens":9,"total_tokens":12} } }"""));

        ChatAnswer answer = await vllm.CreateAdapter().CompleteResponseAsync(AskWithTool);

        answer.ToolCalls.Select(call => $"{call.Id} {call.Arguments}").Should().Equal(ready, $"{what}: {answer.Outcome.Explain()}");
    }

    [Fact]
    public async Task A_call_that_is_closed_with_other_arguments_than_its_pieces_gave_is_not_handed_out()
    {
        using FakeVllm vllm = Server("0.32.0", Script.Empty.Event(Opened("f")).Event(Piece("f", 0, """{\"city\": \"Paris\"}""")).Event(ClosedCall("f", 0, """{\"city\": \"Oslo\"}"""))
            .Event("""{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[]}}"""));

        StreamOutcome outcome = (await vllm.CreateAdapter().CompleteResponseAsync(AskWithTool)).Outcome;

        outcome.ToolCalls.Should().BeEmpty();
        outcome.Verdict.Should().Be(StreamVerdict.Malformed);
        outcome.Explain().Should().Contain("other arguments than its pieces gave");
    }

    [Fact]
    public async Task An_answer_that_only_the_last_event_holds_follows_the_reasoning_that_came()
    {
        using FakeVllm vllm = Server("0.32.0", Script.Empty.Event(Delta("reasoning_text", "Hm."))
            .Event("""{"type":"response.completed","response":{"status":"completed","output":[{"type":"reasoning","content":[{"type":"reasoning_text","text":"Hm."}]},{"type":"message","content":[{"type":"output_text","text":"Hello."}]}]}}"""));

        ChatAnswer answer = await vllm.CreateAdapter().CompleteResponseAsync(Ask);

        (answer.Reasoning, answer.Text).Should().Be(("Hm.", "Hello."));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_whose_item_the_server_calls_incomplete_is_withheld_whatever_the_response_is_called(bool stream)
    {
        const string Item = """{"type":"function_call","id":"f","call_id":"c1","name":"get_weather","arguments":"{\"city\": \"Paris\"}","status":"incomplete"}""";
        ScriptedReply script = stream
            ? Script.Empty.Event($$"""{"type":"response.output_item.done","output_index":0,"item":{{Item}} }""").Event("""{"type":"response.completed","response":{"status":"completed","output":[]}}""")
            : Script.Replies(200, $$"""{"object":"response","status":"completed","output":[{{Item}}]}""", "application/json");
        using FakeVllm vllm = Server("0.32.0", script);

        StreamOutcome outcome = (await vllm.CreateAdapter().CompleteResponseAsync(AskWithTool with { Stream = stream })).Outcome;

        outcome.Verdict.Should().Be(StreamVerdict.StoppedByServer);
        outcome.WithheldToolCalls.Should().ContainSingle().Which.Reason.Should().Be(WithheldReason.ChoiceNotFinished);
    }

    [Theory]
    [InlineData("""{"object":"response","status":"queued","output":[]}""", "*before the response was finished*")]
    [InlineData("""{"object":"response","status":"in_progress","output":[{"type":"message","content":[{"type":"output_text","text":"Hel"}]}]}""", "*before the response was finished*")]
    [InlineData("""{"object":"response","status":"completed","error":{"message":"The engine is gone."},"output":[]}""", "*The engine is gone*")]
    public async Task A_whole_response_that_is_under_way_or_names_an_error_is_no_answer(string json, string message)
    {
        using FakeVllm vllm = Server("0.32.0", Script.Replies(200, json, "application/json"));
        Func<Task> ask = () => vllm.CreateAdapter(options => options.Resilience.MaxAttempts = 1).CompleteResponseAsync(Ask with { Stream = false, OnIncompleteStream = IncompleteStreamBehavior.Throw });

        (await ask.Should().ThrowAsync<VllmException>()).WithMessage(message);
    }

    [Theory]
    [InlineData("""{"status":"completed","output":[{"role":"assistant","content":[{"type":"output_text","text":"Hello."}]}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""")]
    [InlineData("""{"object":"response","status":"completed","output":[{"type":"message","content":"Hello."}],"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}}""")]
    public async Task A_whole_response_in_which_a_gateway_left_something_out_is_still_read(string json)
    {
        using FakeVllm vllm = Server("0.32.0", Script.Replies(200, json, "application/json"));

        ChatAnswer answer = await vllm.CreateAdapter().CompleteResponseAsync(Ask with { Stream = false });

        (answer.Text, answer.Usage!.PromptTokens, answer.Usage.CompletionTokens).Should().Be(("Hello.", 3, 2));
    }

    [Fact]
    public async Task A_completed_response_with_a_call_that_was_never_closed_is_not_believed()
    {
        using FakeVllm vllm = Server("0.32.0", Script.Empty
            .Event("""{"type":"response.output_item.added","output_index":0,"item":{"id":"f","type":"function_call","call_id":"call_1","name":"get_weather","arguments":""}}""")
            .Event("""{"type":"response.function_call_arguments.delta","output_index":0,"item_id":"f","delta":"{\"city\": \"Paris\"}"}""")
            .Event("""{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[]}}"""));

        StreamOutcome outcome = (await vllm.CreateAdapter().CompleteResponseAsync(AskWithTool)).Outcome;

        outcome.ToolCalls.Should().BeEmpty();
        outcome.Verdict.Should().Be(StreamVerdict.Interrupted);
    }

    [Fact]
    public async Task Log_probabilities_come_with_their_pieces()
    {
        using FakeVllm vllm = Server("0.32.0", Script.Empty
            .Event("""{"type":"response.output_text.delta","delta":"Hi","logprobs":[{"token":"Hi","logprob":-0.5,"top_logprobs":[{"token":"Ho","logprob":-1.5}]}]}""")
            .Event("""{"type":"response.completed","response":{"status":"completed"}}"""));

        ChatAnswer answer = await vllm.CreateAdapter().CompleteResponseAsync(Ask with { TopLogprobs = 1 });

        answer.Logprobs.Should().ContainSingle().Which.Token.Should().Be("Hi");
        vllm.Requests[0].Json!["include"]!.ToJsonString().Should().Be("[\"message.output_text.logprobs\"]");
    }

    private static string Item(string type) => $$"""{"type":"response.output_item.added","output_index":0,"item":{"id":"i0","type":"{{type}}"} }""";

    private static string Delta(string kind, string text) => $$"""{"type":"response.{{kind}}.delta","output_index":0,"content_index":0,"item_id":"i0","delta":"{{text}}"}""";

    private static string Done(string kind, string field, string text) => $$"""{"type":"response.{{kind}}.done","output_index":0,"content_index":0,"item_id":"i0","{{field}}":"{{text}}"}""";

    private static string Opened(string id, int place = 0, string arguments = "\"\"") =>
        $$"""{"type":"response.output_item.added","output_index":{{place}},"item":{"id":"{{id}}","type":"function_call","call_id":"c-{{id}}","name":"get_weather","arguments":{{arguments}} } }""";

    private static string Piece(string id, int place, string piece) => $$"""{"type":"response.function_call_arguments.delta","output_index":{{place}},"item_id":"{{id}}","delta":"{{piece}}"}""";

    private static string Told(string id, int place, string arguments) => $$"""{"type":"response.function_call_arguments.done","output_index":{{place}},"item_id":"{{id}}","arguments":"{{arguments}}"}""";

    private static string ClosedCall(string id, int place, string arguments) =>
        $$"""{"type":"response.output_item.done","output_index":{{place}},"item":{"id":"{{id}}","type":"function_call","call_id":"c-{{id}}","name":"get_weather","arguments":"{{arguments}}","status":"completed"} }""";

    private static string Closed(string item) => $$"""{"type":"response.output_item.done","output_index":0,"item":{{item}} }""";

    private static FakeVllm Server(string version, ScriptedReply script) =>
        FakeVllm.InMemory(new FakeVllmOptions { Profile = VllmProfile.All.Single(profile => profile.Version == version) }, script);
}

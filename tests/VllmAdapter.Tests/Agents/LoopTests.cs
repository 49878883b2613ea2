using System.Text.Json.Nodes;
using VllmAdapter.Testing;
using static VllmAdapter.Tests.Agents.LoopPlay;

namespace VllmAdapter.Tests.Agents;

public sealed class LoopTests
{
    [Fact]
    public async Task The_storys_agent_goes_on_after_a_call_without_finish_reason()
    {
        LoopPlay play = await RunAsync(Script.Replays(RecordedStreams.StoryWithoutFinishReason), Answer);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        play.Result.Text.Should().Be("It is 4.");
        play.Result.Turns.Select(turn => turn.Verdict).Should().Equal(StreamVerdict.Unconfirmed, StreamVerdict.Completed);
        play.Ran.Should().Equal("get_random_number {}");
    }

    [Fact]
    public async Task Events_tell_the_run_in_order()
    {
        LoopPlay play = await RunAsync(Script.Reasons("Hm.").Says("One moment.").Calls("get_random_number", "{}").Finishes("tool_calls").Uses(20, 5).Done(), Answer);

        string.Concat(play.Events.OfType<ChunkReceived>().Select(chunk => chunk.Text)).Should().Be("One moment.It is 4.");
        string.Concat(play.Events.OfType<ChunkReceived>().Select(chunk => chunk.Reasoning)).Should().Be("Hm.");
        play.Events.Where(step => step is not ChunkReceived).Select(step => step.GetType())
            .Should().Equal(typeof(TurnEnded), typeof(CallsReady), typeof(CallFinished), typeof(TurnEnded), typeof(RunEnded));
    }

    [Fact]
    public async Task The_result_is_sent_back_and_the_conversation_can_be_continued()
    {
        LoopPlay play = await RunAsync(Calling("get_weather", """{"city": "Paris"}"""), Answer);

        play.Messages(1).Should().Equal("user: Go.", "assistant: ", "tool: Sunny in Paris.");
        play.Result.Request.Messages.Should().HaveCount(4);
        play.Result.Request.Messages[^1].As<AssistantMessage>().Text.Should().Be("It is 4.");
    }

    [Fact]
    public async Task A_call_cut_by_max_tokens_is_not_run_although_the_server_closed_its_json()
    {
        LoopPlay play = await RunAsync(
            new LoopSetup { Request = new ChatRequest { Messages = [VllmMessage.User("Go.")], MaxTokens = 22 } },
            Script.Replays(RecordedStreams.CutCallThatLooksWhole));

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Incomplete);
        play.Result.Turns.Should().ContainSingle().Which.Limit.Should().Be(LengthLimit.MaxTokens);
        play.Result.Calls.Should().BeEmpty();
        play.Result.Request.Messages.Should().ContainSingle();
    }

    [Theory]
    [InlineData("launch", "{}", "The tool 'launch' was not declared in the request.")]
    [InlineData("get_weather", "{}", "The required argument 'city' is missing.")]
    [InlineData("get_weather", """{"city": 3}""", "The argument 'city' must be string, but is a number.")]
    public async Task A_call_with_a_problem_is_answered_with_it(string tool, string arguments, string problem)
    {
        LoopPlay play = await RunAsync(Calling(tool, arguments), Answer);

        play.Ran.Should().BeEmpty();
        play.Messages(1).Last().Should().Be($"tool: The call was not run. {problem}");
        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
    }

    [Fact]
    public async Task A_damaged_call_is_asked_for_again_without_streaming()
    {
        LoopPlay play = await RunAsync(Calling("get_weather", """{"city": "Paris" """), Calling("get_weather", """{"city": "Paris"}""").Whole(), Answer);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        play.Ran.Should().Equal("""get_weather {"city": "Paris"}""");
        play.Bodies.Select(body => body["stream"]?.GetValue<bool>() ?? false).Should().Equal(true, false, true);
        play.Events.OfType<TurnEnded>().Select(turn => turn.IsAskedAgain).Should().Equal(true, false, false);
    }

    [Fact]
    public async Task A_call_that_stays_damaged_is_told_to_the_model()
    {
        ScriptedReply damaged = Calling("get_weather", """{"city": "Paris" """);
        LoopPlay play = await RunAsync(damaged, damaged.Whole(), Answer);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        play.Ran.Should().BeEmpty();
        play.Messages(2).Should().ContainSingle().Which.Should().StartWith("user: Go.\n\nNot all").And.Contain(
            "The call of get_weather was withheld: its arguments end in the middle of their JSON.");
        play.Events.OfType<CorrectionSent>().Should().ContainSingle();
    }

    [Fact]
    public async Task What_is_told_follows_the_models_own_words_as_a_user_message()
    {
        ScriptedReply damaged = Script.Says("Wait.").Calls("get_weather", "[").Finishes("tool_calls").Uses(20, 5).Done();
        LoopPlay play = await RunAsync(new LoopSetup { Options = new() { MaxRepeats = 0 } }, damaged, Answer);

        play.Messages(1).Take(2).Should().Equal("user: Go.", "assistant: Wait.");
        play.Messages(1).Last().Should().StartWith("user: Not all");
    }

    [Fact]
    public async Task What_is_told_joins_a_user_message_made_of_parts()
    {
        ChatRequest request = new() { Messages = [VllmMessage.User(ContentPart.Text("Go."))], MaxTokens = 100 };
        LoopPlay play = await RunAsync(new LoopSetup { Request = request, Options = new() { MaxRepeats = 0 } }, Calling("get_weather", "["), Answer);

        play.Bodies[1]["messages"]!.AsArray().Should().ContainSingle()
            .Which!["content"]![1]!["text"]!.GetValue<string>().Should().StartWith("Not all");
    }

    [Fact]
    public async Task What_is_told_next_to_a_result_joins_it()
    {
        LoopPlay play = await RunAsync(
            Script.Calls("get_random_number", "{}").Calls("get_weather", "[").Finishes("tool_calls").Uses(20, 5).Done(), Answer);

        play.Ran.Should().Equal("get_random_number {}");
        play.Messages(1).Last().Should().StartWith("tool: 4\n\nNot all");
        play.Result.Turns.Should().HaveCount(2);
    }

    [Theory]
    [InlineData("get_weather", """{"city": """)]
    [InlineData("launch", "{}")]
    public async Task A_model_that_does_not_learn_ends_the_run_as_incomplete(string tool, string arguments)
    {
        LoopPlay play = await RunAsync(new LoopSetup { Options = new() { MaxCorrections = 2, MaxRepeats = 0 } }, Calling(tool, arguments));

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Incomplete);
        play.Result.Turns.Should().HaveCount(3);
        play.Result.Explain().Should().Match("Stopped after 3 turns: The * was *.");
    }

    [Fact]
    public async Task Corrections_are_counted_anew_after_a_call_was_run()
    {
        ScriptedReply wrong = Calling("launch", "{}");
        ScriptedReply right = Calling("get_random_number", "{}");
        LoopPlay play = await RunAsync(new LoopSetup { Options = new() { MaxCorrections = 1 } }, wrong, right, wrong, right, Answer);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
    }

    [Fact]
    public async Task A_broken_turn_is_asked_again_and_none_of_its_calls_is_run()
    {
        LoopPlay play = await RunAsync(
            Script.Calls("get_random_number", "{}").Cuts(), Script.Calls("get_random_number", "{}").Fails().Done(), Calling("get_random_number", "{}"), Answer);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        play.Ran.Should().Equal("get_random_number {}");
        play.Messages(2).Should().Equal("user: Go.");
    }

    [Fact]
    public async Task A_turn_that_keeps_breaking_ends_the_run_and_keeps_the_history()
    {
        LoopPlay play = await RunAsync(Calling("get_random_number", "{}"), Script.Says("It").Cuts());

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Incomplete);
        play.Result.Turns.Select(turn => turn.Verdict).Should().Equal(
            StreamVerdict.Completed, StreamVerdict.Interrupted, StreamVerdict.Interrupted, StreamVerdict.Interrupted);
        play.Result.Request.Messages.Should().HaveCount(3);
        play.Result.Text.Should().Be("It");
    }

    [Theory]
    [InlineData(IncompleteStreamBehavior.ThrowUnlessConfirmed, IncompleteStreamBehavior.Throw, ToolLoopVerdict.Incomplete)]
    [InlineData(null, IncompleteStreamBehavior.ThrowUnlessConfirmed, ToolLoopVerdict.Incomplete)]
    [InlineData(IncompleteStreamBehavior.Throw, IncompleteStreamBehavior.ThrowUnlessConfirmed, ToolLoopVerdict.Answered)]
    [InlineData(null, IncompleteStreamBehavior.Report, ToolLoopVerdict.Answered)]
    public async Task An_unconfirmed_turn_counts_as_broken_when_the_request_or_else_the_options_demand_confirmation(
        IncompleteStreamBehavior? request, IncompleteStreamBehavior options, ToolLoopVerdict verdict)
    {
        LoopPlay play = await RunAsync(
            new LoopSetup
            {
                Request = ChatRequest.FromPrompt("Go.") with { OnIncompleteStream = request },
                Adapter = new VllmAdapterOptions { OnIncompleteStream = options },
                Options = new ToolLoopOptions { MaxRepeats = 0 },
            },
            Script.Calls("get_random_number", "{}").Uses(20, 5).Done(),
            Answer);

        play.Result.Verdict.Should().Be(verdict);
        play.Ran.Should().HaveCount(verdict == ToolLoopVerdict.Answered ? 1 : 0);
    }

    [Fact]
    public async Task An_answer_that_the_server_lost_is_asked_for_again_without_streaming()
    {
        LoopPlay play = await RunAsync(Script.Empty.Finishes("stop").Uses(20, 26).Done(), Answer.Whole());

        play.Result.Text.Should().Be("It is 4.");
        play.Bodies[1]["stream"]?.GetValue<bool>().Should().NotBe(true);
    }

    [Fact]
    public async Task Announced_calls_that_never_came_are_no_answer()
    {
        ScriptedReply announced = Script.Says("I call.").Finishes("tool_calls").Uses(20, 9).Done();
        LoopPlay play = await RunAsync(announced, announced.Whole(), Answer);

        play.Result.Text.Should().Be("It is 4.");
        play.Messages(2).Last().Should().Contain("A tool call was announced, but did not arrive.");
    }

    [Fact]
    public async Task The_step_limit_ends_a_run_that_goes_in_circles_after_its_last_calls_were_run()
    {
        LoopPlay play = await RunAsync(new LoopSetup { Options = new() { MaxTurns = 3 } }, Calling("get_random_number", "{}"));

        play.Result.Verdict.Should().Be(ToolLoopVerdict.TurnLimit);
        play.Ran.Should().HaveCount(3);
        play.Result.Request.Messages.Should().HaveCount(7);
        play.Bodies.Should().HaveCount(3);
    }

    [Fact]
    public async Task A_demanded_call_is_demanded_until_one_was_run()
    {
        LoopPlay play = await RunAsync(
            new LoopSetup { Request = ChatRequest.FromPrompt("Go.") with { ToolChoice = ToolChoice.Required } },
            Calling("launch", "{}"), Calling("get_random_number", "{}"), Answer);

        play.Bodies.Select(body => body["tool_choice"]?.GetValue<string>()).Should().Equal("required", "required", null);
        play.Result.Request.ToolChoice.Should().Be(ToolChoice.Required);
    }

    [Theory]
    [InlineData("get_random_number", null)]
    [InlineData("auto", "auto")]
    [InlineData("none", "none")]
    public async Task A_named_call_is_demanded_until_one_was_run_and_a_choice_that_demands_nothing_stays(string choice, string? afterwards)
    {
        ToolChoice chosen = choice == "get_random_number" ? ToolChoice.Named(choice) : new ToolChoice(choice);
        LoopPlay play = await RunAsync(
            new LoopSetup { Request = ChatRequest.FromPrompt("Go.") with { ToolChoice = chosen } }, Calling("get_random_number", "{}"), Answer);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        play.Bodies[0]["tool_choice"]!.ToJsonString().Should().Contain(choice);
        string? second = play.Bodies[1]["tool_choice"]?.GetValue<string>();
        second.Should().Be(afterwards);
    }

    [Fact]
    public async Task Words_beside_a_call_are_no_text_of_a_run_that_its_limits_ended()
    {
        ScriptedReply calling = Script.Says("One moment.").Calls("get_random_number", "{}").Finishes("tool_calls").Uses(20, 5).Done();
        LoopPlay steps = await RunAsync(new LoopSetup { Options = new() { MaxTurns = 1 } }, calling);
        LoopPlay budget = await RunAsync(new LoopSetup { Budget = new TokenBudget(25) }, calling);

        (steps.Result.Verdict, steps.Result.Text).Should().Be((ToolLoopVerdict.TurnLimit, ""));
        (budget.Result.Verdict, budget.Result.Text).Should().Be((ToolLoopVerdict.BudgetExhausted, ""));
    }

    // Rapid-MLX#730
    [Fact]
    public async Task Half_an_emoji_in_an_argument_is_told_to_the_model_and_never_written_back()
    {
        LoopPlay play = await RunAsync(Script.Calls("get_weather", """{"city":"Par\ud83d"}""").Finishes("tool_calls").Uses(20, 5).Done(), Answer);

        play.Ran.Should().BeEmpty();
        play.Messages(1).Last().Should().Be("tool: The call was not run. The arguments contain half a surrogate pair, which is not text.");
        play.Result.Request.Messages.OfType<AssistantMessage>().First().ToolCalls.Single().Arguments.Should().Be("{\"city\":\"Par\uFFFD\"}");
        play.Bodies[1]["messages"]!.ToJsonString().Should().NotContainEquivalentOf("ud83d");
    }

    [Fact]
    public async Task A_tools_image_goes_into_the_tool_message_as_a_part()
    {
        Tool screenshot = Tool.Showing(
            new ToolDefinition("screenshot", "The screen."),
            (_, _) => Task.FromResult<IReadOnlyList<ContentPart>>([ContentPart.Text("The screen:"), ContentPart.Image(new byte[] { 1, 2 }, "image/png")]));
        Tool photo = Tool.From("photo", "A photo.", () => (ContentPart)ContentPart.Image(new byte[] { 3 }, "image/png"));
        Tool note = Tool.Showing(new ToolDefinition("note"), (_, _) => Task.FromResult<IReadOnlyList<ContentPart>>([ContentPart.Text("a"), ContentPart.Text("b")]));
        LoopPlay play = await RunAsync(
            new LoopSetup { Tools = [screenshot, photo, note] },
            Script.Calls("screenshot", "{}").Calls("photo", "{}").Calls("note", "{}").Finishes("tool_calls").Uses(20, 5).Done(),
            Answer);

        JsonArray sent = play.Bodies[1]["messages"]!.AsArray();
        sent[2]!["content"]!.ToJsonString().Should().Be(
            """[{"type":"text","text":"The screen:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AQI="}}]""");
        sent[3]!["content"]!.ToJsonString().Should().Be("""[{"type":"image_url","image_url":{"url":"data:image/png;base64,Aw=="}}]""");
        sent[4]!["content"]!.GetValue<string>().Should().Be("a\nb");
        play.Result.Calls.Select(call => call.Content).Should().Equal("The screen:", "", "a\nb");
    }

    [Fact]
    public async Task What_is_told_next_to_an_image_joins_its_parts()
    {
        Tool photo = Tool.From("photo", "A photo.", () => (ContentPart)ContentPart.Image(new byte[] { 3 }, "image/png"));
        LoopPlay play = await RunAsync(
            new LoopSetup { Tools = [photo, Weather()] },
            Script.Calls("photo", "{}").Calls("get_weather", "[").Finishes("tool_calls").Uses(20, 5).Done(),
            Answer);

        JsonArray parts = play.Bodies[1]["messages"]!.AsArray()[^1]!["content"]!.AsArray();
        parts.Should().HaveCount(2);
        parts[1]!["text"]!.GetValue<string>().Should().StartWith("Not all");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_tokens_the_exception_carries_the_one_that_was_canceled(bool isTheCallers)
    {
        using var callers = new CancellationTokenSource();
        using var enumerators = new CancellationTokenSource();
        using var vllm = FakeVllm.InMemory(Answer);
        using HttpClient http = vllm.CreateHttpClient();
        IAsyncEnumerable<ToolLoopEvent> run = new ToolLoop(new VllmInferenceAdapter(http, new VllmAdapterOptions()), [Random()])
            .RunAsync(ChatRequest.FromPrompt("Go."), callers.Token);

        var canceled = await FluentActions.Awaiting(async () =>
        {
            await foreach (ToolLoopEvent step in run.WithCancellation(enumerators.Token))
                await (isTheCallers ? callers : enumerators).CancelAsync();
        }).Should().ThrowAsync<OperationCanceledException>();

        canceled.Which.CancellationToken.Should().Be(isTheCallers ? callers.Token : enumerators.Token);
    }

    [Fact]
    public async Task A_request_offers_only_the_tools_that_it_names()
    {
        Tool random = Random();
        LoopPlay play = await RunAsync(
            new LoopSetup { Tools = [random, Weather()], Request = ChatRequest.FromPrompt("Go.") with { Tools = [random.Definition] } },
            Calling("get_weather", """{"city": "Paris"}"""), Answer);

        play.Bodies[0]["tools"]!.AsArray().Should().ContainSingle();
        play.Ran.Should().BeEmpty();
    }

    [Fact]
    public async Task A_refused_first_request_throws_and_a_later_one_ends_the_run_with_its_history()
    {
        ScriptedReply refusal = Script.Refuses(400, "This model's maximum context length is 2048 tokens.");

        await FluentActions.Awaiting(() => RunAsync(refusal)).Should().ThrowAsync<VllmRequestException>();
        LoopPlay play = await RunAsync(Calling("get_random_number", "{}"), refusal);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Incomplete);
        play.Result.Failure.Should().BeOfType<VllmRequestException>();
        play.Result.Request.Messages.Should().HaveCount(3);
        play.Result.Explain().Should().Contain("maximum context length");
    }

    [Fact]
    public async Task A_call_of_a_choice_that_nobody_asked_for_is_not_run()
    {
        LoopPlay play = await RunAsync(
            Script.Says("Hello.").Finishes("stop").Choice(1).Calls("get_random_number", "{}").Finishes("tool_calls").Uses(20, 5).Done());

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        play.Ran.Should().BeEmpty();
    }

    [Fact]
    public async Task Calls_without_ids_get_ids_that_no_other_call_of_the_run_has()
    {
        ScriptedReply nameless = Script.CallsAs(null, "get_random_number", "{}").CallsAs(null, "get_weather", """{"city": "Paris"}""").Finishes("stop").Uses(20, 5).Done();
        foreach (string? given in (string?[])[null, "mine"])
        {
            ChatRequest request = ChatRequest.FromPrompt("Go.") with { Headers = new() { RequestId = given } };
            LoopPlay play = await RunAsync(new LoopSetup { Request = request }, nameless, nameless, Answer);

            IEnumerable<string> called = play.Result.Request.Messages.OfType<AssistantMessage>().SelectMany(message => message.ToolCalls).Select(call => call.Id);
            called.Should().HaveCount(4).And.OnlyHaveUniqueItems();
            play.Result.Request.Messages.OfType<ToolMessage>().Select(result => result.ToolCallId).Should().Equal(called);
        }
    }

    [Fact]
    public async Task What_extra_says_of_streaming_does_not_hinder_asking_whole()
    {
        ChatRequest request = ChatRequest.FromPrompt("Go.") with
        {
            Extra = new JsonObject { ["stream"] = true, ["stream_options"] = new JsonObject { ["include_usage"] = true }, ["top_a"] = 1 },
        };
        LoopPlay play = await RunAsync(
            new LoopSetup { Request = request }, Calling("get_weather", "["), Calling("get_weather", """{"city": "Paris"}""").Whole(), Answer);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        play.Bodies.Select(body => (body["stream_options"] is null, body["top_a"]!.GetValue<int>())).Should().Equal((false, 1), (true, 1), (false, 1));
    }

    [Fact]
    public async Task A_run_is_enumerated_once()
    {
        using var vllm = FakeVllm.InMemory(Answer);
        using HttpClient http = vllm.CreateHttpClient();
        IAsyncEnumerable<ToolLoopEvent> run = new ToolLoop(new VllmInferenceAdapter(http, new VllmAdapterOptions()), [Random()]).RunAsync(ChatRequest.FromPrompt("Go."));
        Func<Task> enumerating = async () =>
        {
            await foreach (ToolLoopEvent step in run)
                step.Should().NotBeNull();
        };

        await enumerating.Should().NotThrowAsync();
        (await enumerating.Should().ThrowAsync<InvalidOperationException>()).WithMessage("A run can be enumerated once.*");

        vllm.Requests.Should().ContainSingle();
    }

    [Fact]
    public void Setups_that_cannot_work_are_refused_at_once()
    {
        using var http = new HttpClient { BaseAddress = new Uri("http://vllm.test") };
        var adapter = new VllmInferenceAdapter(http, new VllmAdapterOptions());
        var loop = new ToolLoop(adapter, [Random()]);

        FluentActions.Invoking(() => new ToolLoop(adapter, [Random(), Random()])).Should().Throw<ArgumentException>().WithMessage("Two tools*");
        FluentActions.Invoking(() => new ToolLoop(adapter, [], new ToolLoopOptions { MaxTurns = 0 })).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("options");
        FluentActions.Invoking(() => loop.RunAsync(ChatRequest.FromPrompt("Go.") with { ChoiceCount = 2 })).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => loop.RunAsync(ChatRequest.FromPrompt("Go.") with { Tools = [new("launch")] }))
            .Should().Throw<ArgumentException>().WithMessage("*'launch'*");
    }
}

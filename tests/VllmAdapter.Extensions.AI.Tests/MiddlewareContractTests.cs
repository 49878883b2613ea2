using Microsoft.Extensions.AI;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Recorded;
using VllmAdapter.Tests.Wire;
using static VllmAdapter.Extensions.AI.Tests.BridgePlay;

namespace VllmAdapter.Extensions.AI.Tests;

/// <summary>What function-invoking middleware relies on, held against the middleware of Microsoft.Extensions.AI.</summary>
public sealed class MiddlewareContractTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_storys_agent_finishes_its_job(bool streaming)
    {
        using var play = new BridgePlay(Script.Replays(RecordedStreams.StoryWithoutFinishReason), Answer);
        using var loop = new Invoking(play.Chat);

        ChatResponse response = await loop.RunAsync("A number, please.", WithTools, streaming);

        response.Messages[^1].Text.Should().Be("It is 4.");
        loop.Ran.Should().Equal("get_random_number {}");
        play.Messages(1).Last().Should().Be("tool: 4");
    }

    [Fact]
    public async Task A_call_cut_by_max_tokens_is_never_visible_and_the_cut_is()
    {
        using var play = new BridgePlay(Script.Replays(RecordedStreams.CutCallThatLooksWhole));
        using var loop = new Invoking(play.Chat);

        ChatResponse response = await loop.RunAsync("A plan, please.", new ChatOptions { Tools = [RandomNumber], MaxOutputTokens = 22 });

        loop.Ran.Should().BeEmpty();
        response.FinishReason.Should().Be(ChatFinishReason.Length);
        response.Messages[^1].Contents.OfType<ErrorContent>().Should().ContainSingle()
            .Which.ErrorCode.Should().Be(VllmChatClientExtensions.UnusableToolCallErrorCode);
    }

    [Theory]
    [InlineData("get_weather", """{"city":4}""", "The argument 'city' must be string, but is a number.")]
    [InlineData("get_weather", "{}", "The required argument 'city' is missing.")]
    public async Task A_call_with_a_problem_is_corrected_by_the_model_and_never_visible(string tool, string arguments, string told)
    {
        using var play = new BridgePlay(Calling(tool, arguments), Calling("get_weather", """{"city":"Paris"}"""), Answer);
        using var loop = new Invoking(play.Chat);

        ChatResponse response = await loop.RunAsync("The weather, please.", WithTools);

        loop.Ran.Should().Equal("""get_weather {"city":"Paris"}""");
        play.Messages(1).Last().Should().Contain(told);
        response.Text.Should().Be("It is 4.");
    }

    [Fact]
    public async Task A_damaged_call_is_asked_for_without_streaming_and_then_told_to_the_model()
    {
        ScriptedReply damaged = Calling("get_weather", """{"city":"Par""");
        using var play = new BridgePlay(damaged, damaged.Whole(), Calling("get_weather", """{"city":"Paris"}"""), Answer);
        using var loop = new Invoking(play.Chat);

        await loop.RunAsync("The weather, please.", WithTools);

        loop.Ran.Should().Equal("""get_weather {"city":"Paris"}""");
        play.Bodies.Select(body => body["stream"]?.GetValue<bool>() ?? false).Should().Equal(true, false, true, true);
        play.Messages(2).Last().Should().Contain("its arguments end in the middle of their JSON");
    }

    [Fact]
    public async Task A_model_that_does_not_learn_is_reported_as_errors()
    {
        using var play = new BridgePlay(Calling("get_weather", "{}"));
        using var loop = new Invoking(play.Adapter.AsIChatClient(maxCorrections: 1));

        ChatResponse response = await loop.RunAsync("The weather, please.", WithTools);

        loop.Ran.Should().BeEmpty();
        play.Bodies.Should().HaveCount(2);
        response.Messages.SelectMany(message => message.Contents).OfType<ErrorContent>().Should().ContainSingle();
        response.Usage!.TotalTokenCount.Should().Be(50, "both turns were paid for");
    }

    [Fact]
    public async Task A_ready_call_next_to_a_damaged_one_is_run_and_only_it_enters_the_history()
    {
        using var play = new BridgePlay(
            Script.Calls("get_random_number", "{}").Calls("get_weather", "[").Finishes("tool_calls").Uses(20, 5).Done(), Answer);
        using var loop = new Invoking(play.Chat);

        await loop.RunAsync("Both, please.", WithTools);

        loop.Ran.Should().Equal("get_random_number {}");
        play.Bodies[1]["messages"]!.AsArray().Should().HaveCount(3);
    }

    [Fact]
    public async Task A_broken_stream_ends_the_middleware_with_an_exception_and_nothing_runs()
    {
        using var play = new BridgePlay(Script.Calls("get_random_number", "{}").Cuts());
        using var loop = new Invoking(play.Chat);

        await loop.Awaiting(l => l.RunAsync("A number, please.", WithTools)).Should().ThrowAsync<IncompleteStreamException>();

        loop.Ran.Should().BeEmpty();
    }

    [Fact]
    public async Task A_function_can_be_a_tool_of_the_adapters_own_loop()
    {
        using var play = new BridgePlay(Calling("get_weather", """{"city":"Paris"}"""), Answer);

        ToolLoopResult result = await new ToolLoop(play.Adapter, [Weather.AsTool()]).CompleteAsync(ChatRequest.FromPrompt("The weather, please."));

        result.Calls.Should().ContainSingle().Which.Content.Should().Be("Sunny in Paris.");
    }

    // vllm#41182: the streaming parser loses the call, that of whole replies keeps it; the words come twice.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Words_beside_a_lost_call_are_handed_out_once(bool streaming)
    {
        ScriptedReply lost = Script.Reasons("Hm.").Says("I will ", "look.").Finishes("tool_calls").Uses(20, 9).Done();
        using var play = new BridgePlay(
            lost, Script.Reasons("Hm.").Says("I will look.").Calls("get_weather", """{"city":"Paris"}""").Finishes("tool_calls").Uses(20, 9).Whole());

        ChatResponse response = await Invoking.AskAsync(play.Chat, [new(ChatRole.User, "The weather, please.")], WithTools, streaming);

        response.Text.Should().Be("I will look.");
        string.Concat(response.Messages.SelectMany(message => message.Contents).OfType<TextReasoningContent>()).Should().Be("Hm.");
        play.Bodies.Should().HaveCount(2);
        response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Should().ContainSingle();
    }

    // any-llm#1359. Its words are read by the core; here they come in a literal outcome.
    [Fact]
    public void A_refusal_is_an_error_in_the_models_words_and_not_asked_again()
    {
        StreamOutcome turn = new()
        {
            Verdict = StreamVerdict.Unconfirmed,
            Notes = [new OutcomeNote(OutcomeNoteKind.OutputMissing, "9 tokens were counted.")],
            Evidence = new StreamEvidence { Choices = [new ChoiceEvidence { RefusalLength = 13 }] },
        };

        ReplyMapping.IsUnusable(turn).Should().BeFalse();
        ReplyMapping.IsUnusable(turn with { Evidence = new StreamEvidence() }).Should().BeTrue();
        ReplyMapping.Rest(turn, new ChatChunk(), isLast: true, "I can't help.", []).Contents.OfType<ErrorContent>().Should().ContainSingle()
            .Which.Should().BeEquivalentTo(new { Message = "I can't help.", ErrorCode = VllmChatClientExtensions.RefusalErrorCode });
    }

    // mlx-lm#1627, ZenRows/zenrows-mcp#23: a function of .NET would fail on the one and be handed the other.
    [Fact]
    public async Task Arguments_are_handed_out_as_the_schema_means_them()
    {
        AIFunction plan = AIFunctionFactory.Create((int days, string unit = "C") => $"{days} {unit}", "plan");
        using var play = new BridgePlay(Calling("plan", """{"days":3.0,"unit":null}"""), Answer);
        using var tool = new BridgePlay(Calling("plan", """{"days":3.0,"unit":null}"""), Answer);
        using var loop = new Invoking(play.Chat);

        await loop.RunAsync("A plan, please.", new ChatOptions { Tools = [plan], MaxOutputTokens = 100 });
        ToolLoopResult run = await new ToolLoop(tool.Adapter, [plan.AsTool()]).CompleteAsync(ChatRequest.FromPrompt("A plan, please."));

        loop.Ran.Should().Equal("""plan {"days":3}""");
        play.Messages(1).Last().Should().Be("tool: 3 C");
        run.Calls.Single().Content.Should().Be("3 C");
    }

    [Fact]
    public async Task A_call_whose_argument_is_named_by_half_a_surrogate_pair_is_corrected_and_never_visible()
    {
        using var play = new BridgePlay(Calling("get_random_number", """{"\ud800":1}"""), Answer);
        using var loop = new Invoking(play.Chat);

        ChatResponse response = await loop.RunAsync("A number, please.", WithTools);

        loop.Ran.Should().BeEmpty();
        response.Text.Should().Be("It is 4.");
    }

    [Fact]
    public async Task A_functions_image_goes_into_the_tool_message_of_the_adapters_own_loop()
    {
        AIFunction look = AIFunctionFactory.Create(() => new DataContent(new byte[] { 1, 2 }, "image/png"), "look");
        using var play = new BridgePlay(Calling("look", "{}"), Answer);

        await new ToolLoop(play.Adapter, [look.AsTool()]).CompleteAsync(ChatRequest.FromPrompt("Look."));

        play.Messages(1).Last().Should().StartWith("tool: [").And.Contain("data:image/png;base64,AQI=").And.Contain("image_url");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_tokens_the_exception_carries_the_one_that_was_canceled(bool isTheCallers)
    {
        using var callers = new CancellationTokenSource();
        using var enumerators = new CancellationTokenSource();
        using var play = new BridgePlay(Answer);

        var canceled = await FluentActions.Awaiting(async () =>
        {
            await foreach (ChatResponseUpdate update in play.Chat.GetStreamingResponseAsync("Hello.", cancellationToken: callers.Token).WithCancellation(enumerators.Token))
                await (isTheCallers ? callers : enumerators).CancelAsync();
        }).Should().ThrowAsync<OperationCanceledException>();

        canceled.Which.CancellationToken.Should().Be(isTheCallers ? callers.Token : enumerators.Token);
    }

    [Fact]
    public async Task Calls_without_ids_get_different_ids_in_different_turns()
    {
        ScriptedReply nameless = Script.CallsAs(null, "get_random_number", "{}").Finishes("stop").Uses(20, 5).Done();
        using var play = new BridgePlay(nameless, nameless, Answer);

        using var loop = new Invoking(play.Chat);

        await loop.RunAsync("Two numbers, please.", WithTools);

        play.Bodies[2]["messages"]!.AsArray().Where(message => message!["tool_calls"] is not null)
            .Select(message => message!["tool_calls"]![0]!["id"]!.GetValue<string>()).Should().HaveCount(2).And.OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task What_the_properties_say_of_streaming_does_not_hinder_asking_whole()
    {
        using var play = new BridgePlay(Calling("get_weather", "["), Calling("get_weather", """{"city":"Paris"}""").Whole());
        ChatOptions options = WithTools;
        options.AdditionalProperties = new() { ["stream"] = true, ["stream_options"] = new { include_usage = true } };

        await play.Chat.GetResponseAsync("The weather, please.", options);

        play.Bodies.Select(body => body.ContainsKey("stream_options")).Should().Equal(true, false);
    }

    [Fact]
    public async Task A_finish_reason_without_a_word_in_it_is_none()
    {
        using var play = new BridgePlay(Script.Says("Hello.").Finishes(" ").Uses(20, 5).Done());

        (await play.Chat.GetResponseAsync("Hello.")).FinishReason.Should().Be(VllmChatClientExtensions.UnconfirmedFinishReason);
    }

    public static TheoryData<string> Recordings => ToolRecordings.Paths;

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Of_the_declared_tools_exactly_the_ready_calls_without_problems_are_visible(string path)
    {
        Recording recording = Recording.At(path);
        ChatRequest request = recording.Request();
        using TwoTurns server = ToolRecordings.ThenAnswering(recording);
        IChatClient chat = server.NewAdapter().AsIChatClient();
        List<string> visible = [];

        try
        {
            await foreach (ChatResponseUpdate update in chat.GetStreamingResponseAsync("", new ChatOptions { RawRepresentationFactory = _ => request }))
                visible.AddRange(update.Contents.OfType<FunctionCallContent>().Select(call => ToolRecordings.Said(call.Name, JsonValues.ToObject(call.Arguments))));
        }
        catch (IncompleteStreamException broken)
        {
            ReplyMapping.IsBroken(broken.Outcome).Should().BeTrue();
        }

        visible.Where(call => request.Tools.Any(tool => call.StartsWith($"{tool.Name} ", StringComparison.Ordinal)))
            .Should().BeEquivalentTo(ToolRecordings.MayBeRun(recording));
    }
}

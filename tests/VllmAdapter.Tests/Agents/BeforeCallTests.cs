using VllmAdapter.Testing;
using static VllmAdapter.Tests.Agents.LoopPlay;

namespace VllmAdapter.Tests.Agents;

public sealed class BeforeCallTests
{
    private static readonly ScriptedReply TwoCities = Script.Calls("get_weather", """{"city": "Paris"}""").Calls("get_weather", """{"city": "Rome"}""")
        .Finishes("tool_calls").Uses(20, 9).Done();

    [Fact]
    public async Task Every_ready_call_is_shown_with_its_arguments_in_the_models_order()
    {
        List<string> asked = [];
        LoopPlay play = await RunAsync(Asking(call =>
        {
            asked.Add($"{call.Name} {call.Arguments}");
            return CallDecision.Run;
        }), TwoCities, Answer);

        asked.Should().Equal("""get_weather {"city": "Paris"}""", """get_weather {"city": "Rome"}""");
        play.Ran.Should().Equal(asked);
    }

    [Fact]
    public async Task A_refused_call_is_not_run_and_the_model_is_told_why()
    {
        LoopPlay play = await RunAsync(Asking(call => IsRome(call) ? CallDecision.Refuse("The user did not allow it.") : CallDecision.Run), TwoCities, Answer);

        play.Ran.Should().Equal("""get_weather {"city": "Paris"}""");
        play.Messages(1).Last().Should().Be("tool: The call was not run. The user did not allow it.");
        play.Events.OfType<CallsReady>().Single().Calls.Should().ContainSingle(call => !IsRome(call));
        play.Result.Explain().Should().Be("Answered after 2 turns, 1 call run, 1 call not run (get_weather: refused).");
    }

    [Fact]
    public async Task A_decision_that_nobody_made_runs_nothing()
    {
        LoopPlay play = await RunAsync(Asking(_ => default), TwoCities, Answer);

        play.Ran.Should().BeEmpty();
        play.Messages(1).Last().Should().Be("tool: The call was not run.");
        play.Events.OfType<CallsReady>().Should().BeEmpty();
    }

    [Fact]
    public async Task Stopping_runs_no_call_of_the_turn_and_leaves_it_to_be_asked_again()
    {
        LoopPlay play = await RunAsync(Asking(call => IsRome(call) ? CallDecision.Stop : CallDecision.Run), TwoCities);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.StoppedByCaller);
        play.Ran.Should().BeEmpty();
        play.Result.StoppedAt!.Arguments.Should().Contain("Rome");
        play.Result.Request.Messages.Should().ContainSingle("the turn is to be asked again").Which.Should().BeOfType<UserMessage>();
        play.Result.Explain().Should().Be("Stopped after 1 turn: BeforeCall did not allow 'get_weather' to run.");
    }

    [Fact]
    public async Task A_call_that_cannot_be_run_is_not_asked_about()
    {
        LoopPlay play = await RunAsync(Asking(_ => CallDecision.Stop), Calling("get_wether", "{}"), Answer);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        play.Result.Explain().Should().Be("Answered after 2 turns, 0 calls run, 1 call not run (get_wether: no such tool).");
    }

    [Fact]
    public async Task A_refused_call_meets_a_demand_for_one()
    {
        LoopSetup setup = Asking(_ => CallDecision.Refuse("No."));
        LoopPlay play = await RunAsync(setup with { Request = setup.Request with { ToolChoice = ToolChoice.Required } }, TwoCities, Answer);

        play.Bodies.Select(body => (string?)body["tool_choice"]).Should().Equal("required", null);
    }

    [Fact]
    public async Task Canceling_does_not_wait_for_whoever_is_asked()
    {
        using var cancel = new CancellationTokenSource();
        using FakeVllm vllm = FakeVllm.InMemory(TwoCities);
        var options = new ToolLoopOptions
        {
            BeforeCall = async (_, _) =>
            {
                await cancel.CancelAsync();
                return await new TaskCompletionSource<CallDecision>().Task;
            },
        };
        var loop = new ToolLoop(vllm.CreateAdapter(), [Weather()], options);

        (await loop.Awaiting(l => l.CompleteAsync(ChatRequest.FromPrompt("Go."), cancel.Token)).Should().ThrowAsync<OperationCanceledException>())
            .Which.CancellationToken.Should().Be(cancel.Token);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    public void A_refusal_needs_words(string? reason) =>
        FluentActions.Invoking(() => CallDecision.Refuse(reason!)).Should().Throw<ArgumentException>().WithParameterName(nameof(reason));

    private static bool IsRome(ToolCall call) => call.Arguments.Contains("Rome", StringComparison.Ordinal);

    private static LoopSetup Asking(Func<ToolCall, CallDecision> decide) =>
        new() { Options = new() { BeforeCall = (call, _) => ValueTask.FromResult(decide(call)) } };
}

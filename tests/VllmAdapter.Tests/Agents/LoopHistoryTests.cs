using VllmAdapter.Testing;
using static VllmAdapter.Tests.Agents.LoopPlay;

namespace VllmAdapter.Tests.Agents;

/// <summary>A history that outgrows the window of the model.</summary>
public sealed class LoopHistoryTests
{
    private static readonly ScriptedReply Call = Calling("get_random_number", "{}");

    [Fact]
    public async Task What_does_not_fit_is_not_sent_and_that_is_told()
    {
        LoopPlay play = await RunAsync(Planned(window: 400, messages => messages * 100), Answer);

        play.Messages(0).Should().Equal("system: Be brief.", "user: Go.");
        HistoryTrimmed trimmed = play.Events.OfType<HistoryTrimmed>().Single();
        trimmed.LeftOut.Should().HaveCount(4);
        trimmed.Plan!.PromptTokens.Should().Be(200);
        play.Result.Request.Messages.Should().HaveCount(7, "the whole conversation is kept");
        play.Result.LeftOut.Should().Equal(trimmed.LeftOut);
        play.Result.Explain().Should().Be("Answered after 1 turn, 0 calls run. 4 messages of the history left out, to fit the window.");
    }

    [Fact]
    public async Task What_fits_is_sent_whole()
    {
        LoopPlay play = await RunAsync(Planned(window: 1000, messages => messages * 100), Answer);

        play.Messages(0).Should().HaveCount(6);
        play.Events.OfType<HistoryTrimmed>().Should().BeEmpty();
        play.Result.LeftOut.Should().BeEmpty();
    }

    [Fact]
    public async Task Only_as_much_is_left_out_as_it_takes()
    {
        LoopPlay play = await RunAsync(Planned(window: 680, messages => messages * 100), Answer);

        play.Messages(0).Should().Equal("system: Be brief.", "user: And two?", "assistant: Two.", "user: Go.");
    }

    [Fact]
    public async Task Calls_and_their_results_go_together_while_a_run_grows()
    {
        LoopPlay play = await RunAsync(Planned(window: 860, messages => messages * 100), Call, Call, Call, Call, Answer);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        play.Events.OfType<HistoryTrimmed>().Should().NotBeEmpty();
        foreach (var body in play.Bodies)
        {
            string[] roles = [.. body["messages"]!.AsArray().Select(message => (string)message!["role"]!)];
            roles.Length.Should().BeLessThanOrEqualTo(7);
            roles.Should().Contain("system").And.Contain("user");
            roles.Count(role => role == "tool").Should().Be(body["messages"]!.AsArray().Count(message => message!["tool_calls"] is not null));
            body["messages"]!.AsArray().Should().Contain(message => (string?)message!["content"] == "Go.", "the question stays");
        }

        play.Result.Request.Messages.Should().HaveCount(6 + 8 + 1);
    }

    [Fact]
    public async Task A_window_alone_is_enough_once_a_turn_was_counted()
    {
        ScriptedReply counted = Script.Calls("get_random_number", "{}").Finishes("tool_calls").Uses(390, 5).Done();
        LoopPlay play = await RunAsync(Planned(window: 500, _ => null), counted, Answer);

        play.Messages(0).Should().HaveCount(6);
        play.Messages(1).Should().StartWith("system: Be brief.").And.NotContain("user: And one?").And.Contain("user: Go.");
    }

    [Fact]
    public async Task A_server_that_cannot_plan_ends_nothing()
    {
        VllmRequestException refused = (await FluentActions.Awaiting(() => RunAsync(Script.Refuses(404, "Not here."))).Should().ThrowAsync<VllmRequestException>()).Which;
        LoopSetup setup = Planned(window: 400, messages => messages * 100);
        LoopPlay play = await RunAsync(setup with { Options = new() { PlanPrompt = (_, _) => throw refused } }, Answer);

        play.Messages(0).Should().HaveCount(6);
    }

    [Fact]
    public async Task A_budget_is_not_held_against_a_prompt_that_became_shorter()
    {
        ScriptedReply longTurn = Script.Calls("get_random_number", "{}").Finishes("tool_calls").Uses(390, 5).Done();
        LoopPlay play = await RunAsync(Planned(window: 850, messages => messages * 100) with { Budget = new TokenBudget(600) }, longTurn, Answer);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
    }

    [Fact]
    public async Task The_server_itself_plans_what_fits()
    {
        using FakeVllm vllm = FakeVllm.InMemory(new FakeVllmOptions { ContextWindow = 160 }, Answer);
        VllmInferenceAdapter adapter = vllm.CreateAdapter();
        var loop = new ToolLoop(adapter, [], new ToolLoopOptions().FittingHistoryWith(adapter.Server));
        ChatRequest request = Conversation with { Messages = [.. Conversation.Messages.SkipLast(1), VllmMessage.Assistant(new string('x', 900)), VllmMessage.User("Go.")] };

        ToolLoopResult result = await loop.CompleteAsync(request with { MaxTokens = 20 });

        result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        result.LeftOut.Should().NotBeEmpty();
    }

    private static ChatRequest Conversation => new()
    {
        Messages =
        [
            VllmMessage.System("Be brief."),
            VllmMessage.User("And one?"), VllmMessage.Assistant("One."),
            VllmMessage.User("And two?"), VllmMessage.Assistant("Two."),
            VllmMessage.User("Go."),
        ],
        MaxTokens = 100,
    };

    private static LoopSetup Planned(int window, Func<int, int?> count) => new()
    {
        Request = Conversation,
        Options = new()
        {
            PlanPrompt = (request, _) => Task.FromResult(new RequestPlan
            {
                PromptTokens = count(request.Messages.Count),
                ContextWindow = window,
                RequestedMaxTokens = request.MaxTokens,
            }),
        },
    };
}

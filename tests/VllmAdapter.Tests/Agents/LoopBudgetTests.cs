using VllmAdapter.Testing;
using static VllmAdapter.Tests.Agents.LoopPlay;

namespace VllmAdapter.Tests.Agents;

public sealed class LoopBudgetTests
{
    private static readonly ScriptedReply Call = Calling("get_random_number", "{}"); // 25 tokens, 20 of them the prompt
    private static readonly ScriptedReply CallWithoutUsage = Script.Calls("get_random_number", "{}").Finishes("stop").Done();

    [Fact]
    public async Task A_spent_budget_ends_the_run_with_its_cause()
    {
        LoopPlay play = await RunAsync(Within(BudgetLimits.OfTotal(25)), Call);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.BudgetExhausted);
        play.Result.Budget!.Cause.Should().Be(BudgetCause.Total);
        play.Ran.Should().HaveCount(1, "the history stays whole");
        play.Bodies.Should().HaveCount(1);
    }

    [Theory]
    [InlineData(45, 1)]
    [InlineData(46, 2)]
    public async Task A_turn_whose_prompt_alone_takes_what_is_left_is_not_begun(int total, int turns)
    {
        LoopPlay play = await RunAsync(Within(BudgetLimits.OfTotal(total)), Call);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.BudgetExhausted);
        play.Result.Budget!.State.Should().Be(BudgetState.Exhausted);
        play.Result.Turns.Should().HaveCount(turns);
    }

    [Fact]
    public async Task A_counted_prompt_that_fills_the_context_window_is_not_sent()
    {
        LoopSetup setup = Within(new BudgetLimits { ContextWindow = 1000 });
        LoopPlay play = await RunAsync(
            setup with { Options = new() { CountPrompt = (request, _) => Task.FromResult(TokenCount.AtLeast(request.Messages.Count > 1 ? 1000 : 10)) } }, Call);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.BudgetExhausted);
        play.Result.Budget!.Cause.Should().Be(BudgetCause.ContextWindow);
        play.Bodies.Should().HaveCount(1);
    }

    [Fact]
    public async Task Usage_that_was_not_sent_is_not_exhaustion()
    {
        LoopPlay play = await RunAsync(Within(BudgetLimits.OfTotal(25)), CallWithoutUsage, CallWithoutUsage, CallWithoutUsage, Answer);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        play.Result.Turns.SkipLast(1).Should().HaveCount(3).And.OnlyContain(turn => turn.Usage == null);
    }

    [Fact]
    public async Task Usage_that_was_not_sent_is_settled_by_counting()
    {
        LoopSetup setup = Within(BudgetLimits.OfTotal(100));
        LoopPlay play = await RunAsync(
            setup with { Options = new() { CountPrompt = (request, _) => Task.FromResult(TokenCount.Exactly(request.Messages.Count * 20)) } }, CallWithoutUsage);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.BudgetExhausted);
        play.Result.Turns.Should().HaveCount(1);
        play.Result.Budget!.Spent.Should().Be(TokenCount.Exactly(60));
        play.Result.Budget.Missing.Should().BeEmpty();
    }

    [Fact]
    public async Task The_server_itself_can_settle_usage_that_was_not_sent()
    {
        using var vllm = FakeVllm.InMemory(CallWithoutUsage, Answer);
        using HttpClient http = vllm.CreateHttpClient();
        var adapter = new VllmInferenceAdapter(http, new VllmAdapterOptions());
        var budget = new TokenBudget(10_000);
        var loop = new ToolLoop(adapter, [Random()], new ToolLoopOptions().CountingWith(adapter.Server));

        ToolLoopResult result = await loop.CompleteAsync(ChatRequest.FromPrompt("Go."), budget);

        result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        budget.Spent.IsExact.Should().BeTrue(budget.Spent.ToString());
        budget.Spent.Min.Should().BeGreaterThan(33);
    }

    [Fact]
    public async Task A_count_that_fails_or_is_a_lower_bound_settles_nothing_and_ends_nothing()
    {
        var refused = await FluentActions.Awaiting(() => RunAsync(Script.Refuses(404, "Not here."))).Should().ThrowAsync<VllmRequestException>();
        Task<TokenCount>[] counts = [Task.FromResult(TokenCount.AtLeast(40)), Task.FromException<TokenCount>(refused.Which)];
        foreach (Task<TokenCount> count in counts)
        {
            LoopPlay play = await RunAsync(
                Within(BudgetLimits.OfTotal(1000)) with { Options = new() { CountPrompt = (_, _) => count } }, CallWithoutUsage, Answer);

            play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
            play.Result.Budget!.Spent.Max.Should().BeNull();
        }
    }

    [Fact]
    public async Task A_budget_that_hangs_up_within_a_turn_ends_the_run_as_exhausted()
    {
        var budget = new TokenBudget(12);
        LoopPlay play = await RunAsync(
            new LoopSetup
            {
                Budget = budget,
                Request = ChatRequest.FromPrompt("Go.") with { Termination = VllmAdapter.Termination.FirstOf(VllmAdapter.Termination.Default, VllmAdapter.Termination.WhenExhausted(budget)) },
            },
            Script.Says("one", "two", "three", "four").CountsEveryChunk(10).Finishes("stop").Done());

        play.Result.Verdict.Should().Be(ToolLoopVerdict.BudgetExhausted);
        play.Result.Turns.Single().Verdict.Should().Be(StreamVerdict.StoppedByPolicy);
    }

    [Fact]
    public async Task A_budget_may_be_shared_by_runs()
    {
        var budget = new TokenBudget(60);
        (await RunAsync(new LoopSetup { Budget = budget }, Answer)).Result.Verdict.Should().Be(ToolLoopVerdict.Answered);

        (await RunAsync(new LoopSetup { Budget = budget }, Call)).Result.Budget!.Spent.Should().Be(TokenCount.Exactly(58));
    }

    [Fact]
    public async Task A_turn_that_broke_on_its_last_allowed_token_needs_no_settling()
    {
        LoopSetup setup = Within(BudgetLimits.OfTotal(1000)) with { Request = ChatRequest.FromPrompt("Go.") with { MaxTokens = 2 } };
        LoopPlay play = await RunAsync(
            setup with { Options = new() { CountPrompt = (_, _) => Task.FromResult(TokenCount.Exactly(40)) } },
            Script.Says("one", " two").CountsEveryChunk(10).Resets(), Script.Says("4.").Finishes("stop").Uses(30, 1).Done());

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        play.Result.Budget!.Spent.Should().Be(TokenCount.Exactly(10 + 2 + 30 + 1));
    }

    [Fact]
    public async Task A_run_settles_its_own_turn_and_not_that_of_another_run()
    {
        var budget = new TokenBudget(1000);
        StreamOutcome others = (await RunAsync(Script.Says("Hm.").Finishes("stop").CountsEveryChunk(500).Done())).Result.Turns[0];
        LoopPlay play = await RunAsync(
            new LoopSetup
            {
                Budget = budget,
                Options = new()
                {
                    CountPrompt = (request, _) =>
                    {
                        if (request.Messages.Count > 1)
                            budget.Record(others);

                        return Task.FromResult(TokenCount.Exactly(60));
                    },
                },
            },
            Script.Says("It is 4.").Finishes("stop").Done());

        play.Result.Budget!.Spent.Should().Be(TokenCount.Between(60 + 501, 60 + 600));
    }

    [Fact]
    public async Task What_was_spent_on_a_withheld_call_is_not_counted_as_nothing()
    {
        LoopPlay play = await RunAsync(
            Within(BudgetLimits.OfTotal(1000)) with { Options = new() { MaxRepeats = 0, MaxCorrections = 0, CountPrompt = (_, _) => Task.FromResult(TokenCount.Exactly(40)) } },
            Script.Calls("get_weather", """{"city": "Par""").Finishes("stop").Done());

        play.Result.Budget!.Spent.Should().Be(TokenCount.AtLeast(40));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_turn_that_was_left_or_canceled_was_paid_for_too(bool leaves)
    {
        using var cancel = new CancellationTokenSource();
        using var vllm = FakeVllm.InMemory(Script.Says("one", " two", " three").CountsEveryChunk(10).Finishes("stop").Done());
        using HttpClient http = vllm.CreateHttpClient();
        var budget = new TokenBudget(1000);
        var loop = new ToolLoop(new VllmInferenceAdapter(http, new VllmAdapterOptions()), [Random()]);
        Func<Task> running = async () =>
        {
            await foreach (ToolLoopEvent step in loop.RunAsync(ChatRequest.FromPrompt("Go."), budget, cancel.Token))
            {
                if (step is not ChunkReceived { Text: " two" })
                    continue;

                if (leaves)
                    break;

                await cancel.CancelAsync();
            }
        };

        await (leaves ? running.Should().NotThrowAsync() : (Task)running.Should().ThrowAsync<OperationCanceledException>());

        budget.Spent.Should().Be(TokenCount.AtLeast(10 + 2));
    }

    private static LoopSetup Within(BudgetLimits limits) => new() { Budget = new TokenBudget(limits) };
}

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

    // 25 of each limit are spent on the first turn; the next prompt has these 25 at least, and its answer needs one more.
    [Theory]
    [InlineData(50, "The next prompt does not fit: it needs at least 25 tokens and its answer at least 1, but 25 of 50 are left.")]
    [InlineData(45, "The next prompt does not fit: it needs at least 25 tokens and its answer at least 1, but 20 of 45 are left.")]
    [InlineData(25, "The budget is exhausted: 25 of 25 tokens spent.")]
    public async Task A_turn_whose_prompt_cannot_fit_is_not_asked_and_the_end_says_so(int total, string sentence)
    {
        LoopSetup setup = Within(BudgetLimits.OfTotal(total));
        LoopPlay play = await RunAsync(setup, Call);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.BudgetExhausted);
        play.Result.Explain().Should().Be($"Stopped after 1 turn: {sentence}");
        play.Result.Turns.Should().HaveCount(1);
        setup.Budget!.Check().State.Should().Be(total == 25 ? BudgetState.Exhausted : BudgetState.Available);
        BudgetReport said = play.Result.Budget!;
        (said.NextPrompt is { } prompt ? setup.Budget.Check(prompt) : setup.Budget.Check()).Should().BeEquivalentTo(said);
    }

    [Fact]
    public async Task A_run_of_a_limit_of_300_never_comes_to_409()
    {
        // The report of a user: 116 + 42 tokens, and then a prompt of 209.
        LoopSetup setup = Within(BudgetLimits.OfTotal(300)) with
        {
            Options = new() { CountPrompt = (request, _) => Task.FromResult(TokenCount.Exactly(request.Messages.Count > 1 ? 209 : 116)) },
        };
        LoopPlay play = await RunAsync(setup, Script.Calls("get_random_number", "{}").Finishes("tool_calls").Uses(116, 42).Done(), Answer);

        play.Result.Explain().Should().Be(
            "Stopped after 1 turn: The next prompt does not fit: it needs 209 tokens and its answer at least 1, but 142 of 300 are left.");
        (play.Result.Budget!.State, play.Result.Budget.Cause).Should().Be((BudgetState.Insufficient, BudgetCause.Total));
        play.Bodies.Should().HaveCount(1);
    }

    [Theory]
    [InlineData(1_000, 100, 100, 100)] // the request's own limit is lower
    [InlineData(60, 100, 60, 10)]
    [InlineData(60, null, 60, 10)]
    [InlineData(51, null, 51, 1)]
    public async Task A_turn_is_asked_for_no_more_than_is_left(int total, int? maxTokens, int first, int second)
    {
        LoopSetup setup = Within(BudgetLimits.OfTotal(total)) with { Request = ChatRequest.FromPrompt("Go.") with { MaxTokens = maxTokens } };
        LoopPlay play = await RunAsync(setup, Call, Script.Says("4").Finishes("stop").Uses(30, 1).Done());

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        play.Bodies.Select(body => (int)body["max_tokens"]!).Should().Equal(first, second);
        play.Result.Request.MaxTokens.Should().Be(maxTokens, "the rest of this budget is no matter of the next one");
    }

    [Fact]
    public async Task A_counted_prompt_leaves_the_answer_the_rest()
    {
        LoopSetup setup = Within(BudgetLimits.OfTotal(60)) with
        {
            Request = ChatRequest.FromPrompt("Go."),
            Options = new() { CountPrompt = (request, _) => Task.FromResult(TokenCount.Exactly(request.Messages.Count > 1 ? 30 : 20)) },
        };
        LoopPlay play = await RunAsync(setup, Call, Answer);

        play.Bodies.Select(body => (int)body["max_tokens"]!).Should().Equal(40, 5);
        play.Result.Budget!.Spent.Should().Be(TokenCount.Exactly(58));
    }

    [Fact]
    public async Task An_answer_that_the_rest_of_the_budget_cut_is_the_end_of_the_budget()
    {
        LoopSetup setup = Within(BudgetLimits.OfTotal(12)) with { Options = new() { CountPrompt = (_, _) => Task.FromResult(TokenCount.Exactly(10)) } };
        LoopPlay play = await RunAsync(setup, Script.Says("It is", " on").Finishes("length").Uses(10, 2).Done());

        play.Result.Explain().Should().Be("Stopped after 1 turn: The budget is exhausted: 12 of 12 tokens spent.");
        play.Result.Verdict.Should().Be(ToolLoopVerdict.BudgetExhausted);
        play.Result.Text.Should().Be("It is on");
    }

    [Fact]
    public async Task An_answer_that_its_own_max_tokens_cut_is_not_the_end_of_the_budget()
    {
        LoopSetup setup = Within(BudgetLimits.OfTotal(1_000)) with { Request = ChatRequest.FromPrompt("Go.") with { MaxTokens = 2 } };
        LoopPlay play = await RunAsync(setup, Script.Says("It is", " on").Finishes("length").Uses(10, 2).Done());

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Incomplete);
    }

    [Fact]
    public async Task A_server_that_refuses_the_rest_of_the_budget_for_its_smaller_window_is_asked_without()
    {
        LoopSetup setup = Within(BudgetLimits.OfTotal(100_000)) with { Request = ChatRequest.FromPrompt("Go.") };
        LoopPlay play = await RunAsync(setup, Call, Answer);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        play.Bodies.Select(body => (int?)body["max_tokens"]).Should().Equal(100_000, null, null);
        play.Result.Turns.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_refusal_that_the_budget_has_no_part_in_is_not_asked_again()
    {
        LoopSetup setup = Within(BudgetLimits.OfTotal(100_000)) with { Request = ChatRequest.FromPrompt("Go.") with { MaxTokens = 50_000 } };

        (await FluentActions.Awaiting(() => RunAsync(setup, Answer)).Should().ThrowAsync<VllmRequestException>())
            .Which.Failure.Should().Be(RequestFailure.ContextWindowExceeded);
    }

    [Fact]
    public async Task A_window_that_is_tighter_than_the_budget_is_left_to_the_server()
    {
        LoopSetup setup = Within(new BudgetLimits { Total = 100_000, ContextWindow = 2_048 }) with { Request = ChatRequest.FromPrompt("Go.") };
        LoopPlay play = await RunAsync(setup, Answer);

        play.Bodies.Single()["max_tokens"].Should().BeNull();
    }

    [Fact]
    public async Task A_limit_on_the_answers_alone_is_kept_too()
    {
        LoopSetup setup = Within(new BudgetLimits { Completion = 8 });
        LoopPlay play = await RunAsync(setup, Call, Answer);

        play.Bodies.Select(body => (int)body["max_tokens"]!).Should().Equal(8, 3);
        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
    }

    [Theory]
    [InlineData(null, 25)] // nobody says how much of the answer was thoughts, and most templates leave them out
    [InlineData(3, 27)]
    public async Task Thoughts_are_not_held_to_be_in_the_next_prompt(int? thoughts, int least)
    {
        string details = thoughts is null ? "" : $$$""","completion_tokens_details":{"reasoning_tokens":{{{thoughts}}} }""";
        LoopSetup setup = Within(BudgetLimits.OfTotal(50));
        LoopPlay play = await RunAsync(
            setup,
            Script.Reasons("Hm.").Calls("get_random_number", "{}").Finishes("tool_calls")
                .Event($$$"""{"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":25,"completion_tokens":5,"total_tokens":30{{{details}}} }}""").Done());

        play.Result.Budget!.Explain().Should().Be(
            $"The next prompt does not fit: it needs at least {least} tokens and its answer at least 1, but 20 of 50 are left.");
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

        budget.Spent.Should().Be(TokenCount.Between(10 + 2, 10 + 1000), "it was asked for no more than was left");
    }

    private static LoopSetup Within(BudgetLimits limits) => new() { Budget = new TokenBudget(limits) };
}

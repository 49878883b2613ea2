using VllmAdapter.Testing;
using static VllmAdapter.Tests.Tools.LoopPlay;

namespace VllmAdapter.Tests.Tools;

public sealed class LoopBudgetTests
{
    private static readonly ScriptedReply Call = Calling("get_random_number", "{}"); // 25 tokens, 20 of them the prompt
    private static readonly ScriptedReply CallWithoutUsage = Script.Calls("get_random_number", "{}").Finishes("stop").Done();

    [Fact]
    public async Task A_spent_budget_ends_the_run_with_its_cause()
    {
        LoopPlay play = await RunAsync(Within(TokenLimits.OfTotal(25)), Call);

        play.Result.End.Should().Be(LoopEnd.BudgetExhausted);
        play.Result.Budget!.Cause.Should().Be(BudgetCause.Total);
        play.Ran.Should().HaveCount(1, "the history stays whole");
        play.Bodies.Should().HaveCount(1);
    }

    [Theory]
    [InlineData(45, 1)]
    [InlineData(46, 2)]
    public async Task A_turn_whose_prompt_alone_takes_what_is_left_is_not_begun(int total, int turns)
    {
        LoopPlay play = await RunAsync(Within(TokenLimits.OfTotal(total)), Call);

        play.Result.End.Should().Be(LoopEnd.BudgetExhausted);
        play.Result.Budget!.State.Should().Be(BudgetState.Exhausted);
        play.Result.Turns.Should().HaveCount(turns);
    }

    [Fact]
    public async Task A_counted_prompt_that_fills_the_context_window_is_not_sent()
    {
        LoopSetup setup = Within(new TokenLimits { ContextWindow = 1000 });
        LoopPlay play = await RunAsync(
            setup with { Options = new() { CountPrompt = (request, _) => Task.FromResult<int?>(request.Messages.Count > 1 ? 1000 : 10) } }, Call);

        play.Result.End.Should().Be(LoopEnd.BudgetExhausted);
        play.Result.Budget!.Cause.Should().Be(BudgetCause.ContextWindow);
        play.Bodies.Should().HaveCount(1);
    }

    [Fact]
    public async Task Usage_that_was_not_sent_is_not_exhaustion()
    {
        LoopPlay play = await RunAsync(Within(TokenLimits.OfTotal(25)), CallWithoutUsage, CallWithoutUsage, CallWithoutUsage, Answer);

        play.Result.End.Should().Be(LoopEnd.Answered);
        play.Result.Turns.SkipLast(1).Should().HaveCount(3).And.OnlyContain(turn => turn.Usage == null);
    }

    [Fact]
    public async Task Usage_that_was_not_sent_is_settled_by_counting()
    {
        LoopSetup setup = Within(TokenLimits.OfTotal(100));
        LoopPlay play = await RunAsync(
            setup with { Options = new() { CountPrompt = (request, _) => Task.FromResult<int?>(request.Messages.Count * 20) } }, CallWithoutUsage);

        play.Result.End.Should().Be(LoopEnd.BudgetExhausted);
        play.Result.Turns.Should().HaveCount(1);
        play.Result.Budget!.Spent.Should().Be(TokenCount.Exactly(60));
        play.Result.Budget.Missing.Should().BeEmpty();
    }

    [Fact]
    public async Task A_budget_that_hangs_up_within_a_turn_ends_the_run_as_exhausted()
    {
        var budget = new TokenBudget(TokenLimits.OfTotal(12));
        LoopPlay play = await RunAsync(
            new LoopSetup
            {
                Budget = budget,
                Request = ChatRequest.FromPrompt("Go.") with { Termination = VllmAdapter.Termination.FirstOf(VllmAdapter.Termination.Default, VllmAdapter.Termination.WhenExhausted(budget)) },
            },
            Script.Says("one", "two", "three", "four").CountsEveryChunk(10).Finishes("stop").Done());

        play.Result.End.Should().Be(LoopEnd.BudgetExhausted);
        play.Result.Turns.Single().Verdict.Should().Be(StreamVerdict.StoppedByPolicy);
    }

    [Fact]
    public async Task A_budget_may_be_shared_by_runs()
    {
        var budget = new TokenBudget(TokenLimits.OfTotal(60));
        (await RunAsync(new LoopSetup { Budget = budget }, Answer)).Result.End.Should().Be(LoopEnd.Answered);

        (await RunAsync(new LoopSetup { Budget = budget }, Call)).Result.Budget!.Spent.Should().Be(TokenCount.Exactly(58));
    }

    private static LoopSetup Within(TokenLimits limits) => new() { Budget = new TokenBudget(limits) };
}

using VllmAdapter.Tests.Outcomes;

namespace VllmAdapter.Tests.Budget;

public sealed class BudgetReportTests
{
    private static readonly StreamOutcome Known = Evidence.Of().Says("a").Declares("stop").Uses(285, 22).Done().Judge();
    private static readonly StreamOutcome Unknown = Evidence.Of().Says("a").Declares("stop").Done().Judge();
    private static readonly StreamOutcome Part = Evidence.Of().Says("a").Capped(200).UsesSoFar(285, 22).IsCut().Judge();

    private static readonly StreamOutcome Beyond = Evidence.Of().Says("a").Declares("stop").Capped(200).Uses(5, 19_503).Done().Judge();

    private static readonly StreamOutcome SumOnly = Evidence.OfChoices(2).Choice(0).Says("a").Declares("length").Choice(1).Says("b").Declares("length")
        .Capped(5).Uses(20, 8).Done().Judge();

    public static TheoryData<BudgetLimits, StreamOutcome, string> Sentences => new()
    {
        { new() { Total = 1_000 }, Known, "The budget allows another turn: 307 of 1,000 tokens spent, 693 left." },
        { new(), Known, "The budget allows another turn: 307 tokens spent." },
        { new() { Completion = 30 }, Known, "The budget allows another turn: 307 tokens spent, 8 left." },
        { new() { Total = 300 }, Known, "The budget is exhausted: 307 of 300 tokens spent." },
        { new() { Completion = 20 }, Known, "The budget is exhausted: 22 of 20 completion tokens spent." },
        { new() { Turns = 1 }, Known, "The budget is exhausted: 1 of 1 turns taken; 307 tokens spent." },
        { new() { ContextWindow = 300 }, Known, "The budget is exhausted: the last turn held 307 of the context window's 300 tokens; 307 tokens spent." },
        { new() { Total = 1_000 }, Unknown, "It is not known whether the limit of 1,000 tokens is reached: at least 0 tokens spent, and the server sent no usage for all of them." },
        { new() { Total = 400 }, Part, "It is not known whether the limit of 400 tokens is reached: 307 to 485 tokens spent, and no final usage came." },
        { new() { Total = 30 }, SumOnly, "It is not known whether the limit of 30 tokens is reached: 28 to 30 tokens spent, and the counts of several choices may be too low, as vLLM 0.8.5's are." },
        { new() { Total = 1_000 }, Beyond, "It is not known whether the limit of 1,000 tokens is reached: 5 to 19,508 tokens spent, and the server counted more than was allowed, which proves nothing." },
        { new() { Completion = 100 }, Part, "It is not known whether the limit of 100 completion tokens (22 to 200 spent) is reached: 307 to 485 tokens spent, and no final usage came." },
        { new() { ContextWindow = 400 }, Part, "It is not known whether the context window of 400 tokens is reached: 307 to 485 tokens spent, and no final usage came." },
    };

    [Theory]
    [MemberData(nameof(Sentences))]
    public void A_report_explains_itself(BudgetLimits limits, StreamOutcome turn, string sentence)
    {
        BudgetReport report = new TokenBudget(limits).Record(turn);

        report.Explain().Should().Be(sentence);
        report.ToString().Should().Be(sentence);
    }

    public static TheoryData<BudgetLimits, TokenCount, BudgetState, BudgetCause?, long?, string> Prompts => new()
    {
        { Of(1_000), TokenCount.Exactly(400), BudgetState.Available, null, 293, "The budget allows another turn: 307 of 1,000 tokens spent, 693 left, and the next prompt needs 400." },
        { Of(1_000), TokenCount.Exactly(692), BudgetState.Available, null, 1, "The budget allows another turn: 307 of 1,000 tokens spent, 693 left, and the next prompt needs 692." },
        { Of(1_000), TokenCount.Exactly(693), BudgetState.Insufficient, BudgetCause.Total, 0, "The next prompt does not fit: it needs 693 tokens and its answer at least 1, but 693 of 1,000 are left." },
        { Of(1_000), TokenCount.AtLeast(800), BudgetState.Insufficient, BudgetCause.Total, 0, "The next prompt does not fit: it needs at least 800 tokens and its answer at least 1, but 693 of 1,000 are left." },
        { Of(1_000), TokenCount.AtLeast(400), BudgetState.Indeterminate, BudgetCause.Total, 293, "It is not known whether the next prompt fits: it needs at least 400 tokens and its answer at least 1, and 693 of 1,000 are left." },
        { Of(1_000), TokenCount.Between(400, 693), BudgetState.Indeterminate, BudgetCause.Total, 293, "It is not known whether the next prompt fits: it needs 400 to 693 tokens and its answer at least 1, and 693 of 1,000 are left." },
        { Of(1_000), TokenCount.Between(400, 692), BudgetState.Available, null, 293, "The budget allows another turn: 307 of 1,000 tokens spent, 693 left, and the next prompt needs 400 to 692." },
        { Of(300), TokenCount.Exactly(1), BudgetState.Exhausted, BudgetCause.Total, 0, "The budget is exhausted: 307 of 300 tokens spent." },
        { new(), TokenCount.AtLeast(0), BudgetState.Available, null, null, "The budget allows another turn: 307 tokens spent, and the next prompt needs at least 0." },
        { new() { Completion = 30 }, TokenCount.Exactly(5_000), BudgetState.Available, null, 8, "The budget allows another turn: 307 tokens spent, 8 left, and the next prompt needs 5,000." },
        { new() { ContextWindow = 400 }, TokenCount.Exactly(400), BudgetState.Insufficient, BudgetCause.ContextWindow, 0, "The next prompt does not fit: it needs 400 tokens and its answer at least 1, but the context window has 400." },
        { new() { ContextWindow = 400 }, TokenCount.Exactly(380), BudgetState.Available, null, 20, "The budget allows another turn: 307 tokens spent, 93 left, and the next prompt needs 380." },
        { new() { Total = 1_000, ContextWindow = 400 }, TokenCount.AtLeast(300), BudgetState.Indeterminate, BudgetCause.ContextWindow, 100, "It is not known whether the next prompt fits: it needs at least 300 tokens and its answer at least 1, and the context window has 400." },
    };

    [Theory]
    [MemberData(nameof(Prompts))]
    public void A_budget_answers_about_the_next_prompt(BudgetLimits limits, TokenCount prompt, BudgetState state, BudgetCause? cause, long? room, string sentence)
    {
        var budget = new TokenBudget(limits);
        budget.Record(Known);

        BudgetReport report = budget.Check(prompt);

        (report.State, report.Cause, report.NextPrompt, report.RoomForAnswer).Should().Be((state, cause, prompt, room));
        report.Limits.Should().BeSameAs(limits);
        report.Missing.Should().Equal(state == BudgetState.Indeterminate ? [MissingMetadata.NextPrompt] : []);
        report.Explain().Should().Be(sentence);
        budget.Check().State.Should().Be(state == BudgetState.Exhausted ? BudgetState.Exhausted : BudgetState.Available, "asking about a prompt changes nothing");
    }

    [Fact]
    public void A_prompt_makes_nothing_of_what_is_not_known_of_the_turns_before()
    {
        var budget = new TokenBudget(400);
        budget.Record(Part);

        budget.Check(TokenCount.Exactly(10)).Explain().Should()
            .Be("It is not known whether the limit of 400 tokens is reached: 307 to 485 tokens spent, and no final usage came.");
        budget.Check(TokenCount.Exactly(93)).Explain().Should()
            .Be("The next prompt does not fit: it needs 93 tokens and its answer at least 1, but 0 to 93 of 400 are left.");
    }

    [Fact]
    public void A_report_tells_the_turns_and_the_window_that_it_rests_on()
    {
        var budget = new TokenBudget(400);
        (budget.Check().Turns, budget.Check().Context).Should().Be((0, TokenCount.Exactly(0)));

        budget.Record(Known);

        (budget.Check().Turns, budget.Check().Context, budget.Check().NextPrompt).Should().Be((1, TokenCount.Exactly(307), null));
    }

    private static BudgetLimits Of(long total) => BudgetLimits.OfTotal(total);
}

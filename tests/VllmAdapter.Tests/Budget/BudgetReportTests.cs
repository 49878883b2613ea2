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
        { new() { Total = 1_000 }, Known, "The budget allows to go on: 307 tokens spent, 693 left." },
        { new(), Known, "The budget allows to go on: 307 tokens spent." },
        { new() { Total = 300 }, Known, "The budget is exhausted: the limit on tokens is reached; 307 tokens spent." },
        { new() { Completion = 20 }, Known, "The budget is exhausted: the limit on completion tokens (22 spent) is reached; 307 tokens spent." },
        { new() { Turns = 1 }, Known, "The budget is exhausted: the limit on turns is reached; 307 tokens spent." },
        { new() { ContextWindow = 300 }, Known, "The budget is exhausted: the context window is reached; 307 tokens spent." },
        { new() { Total = 1_000 }, Unknown, "Whether the limit on tokens is reached cannot be told: at least 0 tokens spent, and the server sent no usage for all of them." },
        { new() { Total = 400 }, Part, "Whether the limit on tokens is reached cannot be told: 307 to 485 tokens spent, and the final usage did not come." },
        { new() { Total = 30 }, SumOnly, "Whether the limit on tokens is reached cannot be told: 28 to 30 tokens spent, and the counts of several choices may be too low, as vLLM 0.8.5's are." },
        { new() { Total = 1_000 }, Beyond, "Whether the limit on tokens is reached cannot be told: 5 to 19,508 tokens spent, and the server counted more than was allowed, which proves nothing." },
        { new() { Completion = 100 }, Part, "Whether the limit on completion tokens (22 to 200 spent) is reached cannot be told: 307 to 485 tokens spent, and the final usage did not come." },
    };

    [Theory]
    [MemberData(nameof(Sentences))]
    public void A_report_explains_itself(BudgetLimits limits, StreamOutcome turn, string sentence)
    {
        BudgetReport report = new TokenBudget(limits).Record(turn);

        report.Explain().Should().Be(sentence);
        report.ToString().Should().Be(sentence);
    }
}

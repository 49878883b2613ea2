using VllmAdapter.Tests.Outcomes;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Termination;

public sealed class BudgetPolicyTests
{
    private static Evidence Turn => Evidence.Of().Says("Hello").Declares("stop");

    private static bool Stops(TokenBudget budget, Evidence running) =>
        VllmAdapter.Termination.WhenExhausted(budget).Judge(running.Build()).Cause == TerminationCause.BudgetExhausted;

    [Theory]
    [InlineData(100, 9, 90, false)]
    [InlineData(100, 9, 91, true)]
    [InlineData(100, 9, 92, true)]
    public void The_running_stream_counts(long total, int prompt, int completion, bool stops) =>
        Stops(new TokenBudget(BudgetLimits.OfTotal(total)), Evidence.Of().UsesSoFar(prompt, completion)).Should().Be(stops);

    [Theory]
    [InlineData(89, false)]
    [InlineData(90, true)]
    public void Completion_tokens_have_a_limit_of_their_own(int completion, bool stops) =>
        Stops(new TokenBudget(new BudgetLimits { Completion = 90 }), Evidence.Of().UsesSoFar(5_000, completion)).Should().Be(stops);

    [Fact]
    public void Earlier_turns_count_by_the_least_that_they_can_have_cost()
    {
        var budget = new TokenBudget(100);
        budget.Record(Turn.Uses(9, 30).Done().Judge());
        budget.Record(Evidence.Of().Says("a").Capped(200).UsesSoFar(9, 11).IsCut().Judge());

        Stops(budget, Evidence.Of().UsesSoFar(9, 31)).Should().BeFalse();
        Stops(budget, Evidence.Of().UsesSoFar(9, 32)).Should().BeTrue();
    }

    [Fact]
    public void Choices_add_up() =>
        Stops(new TokenBudget(new BudgetLimits { Completion = 20 }), Evidence.OfChoices(2).Choice(0).UsesSoFar(9, 11).Choice(1).UsesSoFar(9, 9)).Should().BeTrue();

    [Theory]
    [InlineData(3, false)]
    [InlineData(12, true)]
    public void A_count_beyond_max_tokens_counts_by_the_chunks_that_came(int chunks, bool stops) =>
        Stops(new TokenBudget(15), Evidence.Of().InChunks(chunks).Capped(200).UsesSoFar(5, 19_503)).Should().Be(stops);

    [Fact]
    public void Without_usage_nothing_is_spent() =>
        Stops(new TokenBudget(1), Evidence.Of().Says("Hello")).Should().BeFalse();

    [Fact]
    public void Limits_that_no_stream_can_reach_in_its_course_stop_none()
    {
        var budget = new TokenBudget(new BudgetLimits { Turns = 1, ContextWindow = 10 });
        budget.Record(Turn.Uses(9, 2).Done().Judge());

        Stops(budget, Evidence.Of().UsesSoFar(9, 200)).Should().BeFalse();
    }

    [Fact]
    public async Task A_stream_is_stopped_when_it_has_spent_the_budget()
    {
        var budget = new TokenBudget(new BudgetLimits { Completion = 3 });
        ChatRequest request = ChatRequest.FromPrompt("Count.") with
        {
            Termination = VllmAdapter.Termination.FirstOf(VllmAdapter.Termination.Default, VllmAdapter.Termination.WhenExhausted(budget)),
        };

        Played played = await Played.RunAsync(Counting("one ", "two ", "three ", "four ", "five "), request);

        played.Failure.Should().BeNull();
        played.Text.Should().Be("one two three ");
        played.Outcome.Should().Match<StreamOutcome>(outcome =>
            outcome.Verdict == StreamVerdict.StoppedByPolicy && outcome.Limit == LengthLimit.TokenBudget && outcome.TerminatedBy == TerminationCause.BudgetExhausted);
        budget.Record(played.Outcome).Should().Match<BudgetReport>(report =>
            report.State == BudgetState.Exhausted && report.Cause == BudgetCause.Completion);
    }

    [Fact]
    public async Task A_budget_that_is_spent_beforehand_stops_a_stream_before_its_first_word()
    {
        var budget = new TokenBudget(10);
        budget.Record(Turn.Uses(9, 2).Done().Judge());

        Played played = await Played.RunAsync(
            Counting("one "), ChatRequest.FromPrompt("Count.") with { Termination = VllmAdapter.Termination.WhenExhausted(budget) });

        played.Outcome.Verdict.Should().Be(StreamVerdict.StoppedByPolicy);
    }

    private static string Counting(params string[] words) => string.Concat(words.Select((word, index) =>
        $$$"""
        data: {"choices":[{"index":0,"delta":{"content":"{{{word}}}"},"finish_reason":null}],"usage":{"prompt_tokens":9,"completion_tokens":{{{index + 1}}}}}


        """)) + "data: [DONE]\n\n";
}

using VllmAdapter.Tests.Outcomes;

namespace VllmAdapter.Tests.Budget;

public sealed class TokenBudgetTests
{
    private static readonly BudgetLimits Thousand = BudgetLimits.OfTotal(1_000);

    private static Evidence Turn => Evidence.Of().Says("Hello").Declares("stop").Capped(200).Done();

    private static Evidence CutTurn => Evidence.Of().Says("Hello").Capped(200).IsCut();

    private static Evidence TwoChoices => Evidence.OfChoices(2).Choice(0).Says("Hello").Declares("stop").Choice(1).Says("Hello").Declares("stop").Capped(200).Done();

    public static TheoryData<string, StreamOutcome, string, string> Costs => new()
    {
        { "final usage", Turn.Uses(285, 22).Judge(), "307", "22" },
        { "final usage of a cut stream", CutTurn.Uses(285, 22).Judge(), "307", "22" },
        { "continuous usage only: up to max tokens", CutTurn.UsesSoFar(285, 22).Judge(), "307 to 485", "22 to 200" },
        { "continuous usage only: up to what the window leaves", CutTurn.InWindowOf(400).UsesSoFar(285, 22).Judge(), "307 to 400", "22 to 115" },
        { "continuous usage only: up to max tokens, which the window holds", CutTurn.InWindowOf(4_000).UsesSoFar(285, 22).Judge(), "307 to 485", "22 to 200" },
        { "continuous usage only, without max tokens, in a window", Evidence.Of().Says("a").InWindowOf(400).UsesSoFar(285, 22).IsCut().Judge(), "307 to 400", "22 to 115" },
        { "continuous usage only, without max tokens, the window not known", Evidence.Of().Says("a").UsesSoFar(285, 22).IsCut().Judge(), "at least 307", "at least 22" },
        { "continuous usage beyond max tokens: surely a token for each chunk between the first and the last",
            Evidence.Of().Says("a").InChunks(12).Capped(20).UsesSoFar(285, 22).IsCut().Judge(), "at least 295", "at least 10" },
        { "final usage beyond max tokens: at most so much (19,503 of 200)", Turn.InChunks(3).Uses(5, 19_503).Judge(), "6 to 19,508", "1 to 19,503" },
        { "final usage beyond max tokens, of more chunks than that", Turn.InChunks(900).Uses(5, 201).Judge(), "206", "201" },
        { "no usage", Turn.Judge(), "at least 0", "at least 0" },
        { "no usage of a whole reply", Evidence.OfWholeReply().Says("a").Declares("stop").Capped(200).Judge(), "at least 0", "at least 0" },
        { "a prompt that was not counted", Turn.Uses(0, 22).Judge(), "at least 22", "22" },
        { "two choices, their sum, of a server that names its version", TwoChoices.Versioned().Uses(9, 68).Judge(), "77", "68" },
        { "two choices, their sum, of a server that may undercount it (vLLM 0.8.5)", TwoChoices.Uses(9, 8).Judge(), "17 to 409", "8 to 400" },
        { "two choices, their sum, one of them counted", TwoChoices.Choice(0).UsesAtTheEnd(9, 5).Uses(9, 8).Judge(), "17 to 409", "8 to 400" },
        { "two choices of a whole reply", TwoChoices.With(seen => seen with { IsWholeReply = true }).Uses(9, 68).Judge(), "77", "68" },
        { "two choices, their sum undercounted, each counted (vLLM 0.8.5)",
            TwoChoices.Choice(0).UsesAtTheEnd(9, 4).Choice(1).UsesAtTheEnd(9, 4).Uses(9, 8).Judge(), "17 to 409", "8 to 400" },
        { "two choices, each counted, of a server that names its version",
            TwoChoices.Versioned().Choice(0).UsesAtTheEnd(9, 5).Choice(1).UsesAtTheEnd(9, 5).Uses(9, 10).Judge(), "19", "10" },
        { "two choices, one of them counted beyond max tokens",
            TwoChoices.Versioned().Choice(0).UsesAtTheEnd(9, 300).Choice(1).UsesAtTheEnd(9, 5).Uses(9, 305).Judge(), "9 to 314", "0 to 305" },
        { "two choices, their sum beyond what both may have", TwoChoices.Versioned().Uses(9, 401).Judge(), "9 to 410", "0 to 401" },
        { "two choices, each counted so far", TwoChoices.Choice(0).UsesSoFar(9, 12).Choice(1).UsesSoFar(9, 30).Judge(), "51 to 409", "42 to 400" },
        { "two choices, one counted so far", TwoChoices.Choice(1).UsesSoFar(9, 30).Judge(), "39 to 409", "30 to 400" },
    };

    [Theory]
    [MemberData(nameof(Costs))]
    public void A_turn_costs_what_its_usage_shows(string turn, StreamOutcome outcome, string spent, string completion)
    {
        BudgetReport report = new TokenBudget(new BudgetLimits()).Record(outcome);

        (report.Spent.ToString(), report.SpentOnCompletion.ToString()).Should().Be((spent, completion), turn);
    }

    public static TheoryData<string, BudgetLimits, StreamOutcome[], BudgetState, BudgetCause?, string?> Answers
    {
        get
        {
            StreamOutcome known = Turn.Uses(285, 22).Judge();
            StreamOutcome part = CutTurn.UsesSoFar(285, 22).Judge();
            StreamOutcome unknown = Turn.Judge();
            StreamOutcome several = TwoChoices.Capped(600).Uses(900, 700).Judge();
            return new()
            {
                { "no limit", new BudgetLimits(), [unknown], BudgetState.Available, null, null },
                { "nothing recorded", Thousand, [], BudgetState.Available, null, "1,000" },
                { "below the total", Thousand, [known], BudgetState.Available, null, "693" },
                { "one token below the total", BudgetLimits.OfTotal(308), [known], BudgetState.Available, null, "1" },
                { "exactly the total", BudgetLimits.OfTotal(307), [known], BudgetState.Exhausted, BudgetCause.Total, "0" },
                { "beyond the total", BudgetLimits.OfTotal(300), [known], BudgetState.Exhausted, BudgetCause.Total, "0" },
                { "turns add up", BudgetLimits.OfTotal(900), [known, known, known], BudgetState.Exhausted, BudgetCause.Total, "0" },
                { "an interval below the total", BudgetLimits.OfTotal(486), [part], BudgetState.Available, null, "1 to 179" },
                { "an interval that touches the total", BudgetLimits.OfTotal(485), [part], BudgetState.Indeterminate, BudgetCause.Total, "0 to 178" },
                { "an interval whose least is the total", BudgetLimits.OfTotal(307), [part], BudgetState.Exhausted, BudgetCause.Total, "0" },
                { "nothing known of the only turn", Thousand, [unknown], BudgetState.Indeterminate, BudgetCause.Total, "0 to 1,000" },
                { "nothing known of one turn, the others exhaust it all the same", BudgetLimits.OfTotal(600), [known, unknown, known], BudgetState.Exhausted, BudgetCause.Total, "0" },
                { "below the completion limit", new() { Completion = 23 }, [known], BudgetState.Available, null, "1" },
                { "exactly the completion limit", new() { Completion = 22 }, [known], BudgetState.Exhausted, BudgetCause.Completion, "0" },
                { "perhaps the completion limit", new() { Completion = 200 }, [part], BudgetState.Indeterminate, BudgetCause.Completion, "0 to 178" },
                { "below the turns", new() { Turns = 2 }, [unknown], BudgetState.Available, null, null },
                { "exactly the turns", new() { Turns = 2 }, [unknown, unknown], BudgetState.Exhausted, BudgetCause.Turns, null },
                { "below the window", new() { ContextWindow = 308 }, [known], BudgetState.Available, null, "1" },
                { "exactly the window", new() { ContextWindow = 307 }, [known], BudgetState.Exhausted, BudgetCause.ContextWindow, "0" },
                { "the window holds one turn, not their sum", new() { ContextWindow = 400 }, [known, known], BudgetState.Available, null, "93" },
                { "a later, shorter turn frees the window", new() { ContextWindow = 307 }, [known, Turn.Uses(9, 2).Judge()], BudgetState.Available, null, "296" },
                { "perhaps the window", new() { ContextWindow = 400 }, [part], BudgetState.Indeterminate, BudgetCause.ContextWindow, "0 to 93" },
                { "the window holds one choice at a time: at least half of two, at most max tokens", new() { ContextWindow = 2_048 }, [several], BudgetState.Available, null, "548 to 798" },
                { "the tightest limit is what remains", new() { Total = 1_000, Completion = 30 }, [known], BudgetState.Available, null, "8" },
                { "the first limit that is reached is the cause", new() { Total = 300, Completion = 20, Turns = 1 }, [known], BudgetState.Exhausted, BudgetCause.Turns, "0" },
                { "of two open limits the first is the cause", new() { Total = 400, ContextWindow = 400 }, [part], BudgetState.Indeterminate, BudgetCause.Total, "0 to 93" },
                { "a reached limit outranks an open one", new() { Total = 5_000, Completion = 22, ContextWindow = 400 }, [known, part], BudgetState.Exhausted, BudgetCause.Completion, "0" },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void A_budget_answers(string name, BudgetLimits limits, StreamOutcome[] turns, BudgetState state, BudgetCause? cause, string? remaining)
    {
        var budget = new TokenBudget(limits);
        BudgetReport report = budget.Check();
        foreach (StreamOutcome turn in turns)
            report = budget.Record(turn);

        (report.State, report.Cause, report.Remaining?.ToString()).Should().Be((state, cause, remaining), name);
        budget.Check().Should().BeEquivalentTo(report);
        budget.Spent.Should().Be(report.Spent);
    }

    [Fact]
    public void A_count_beyond_max_tokens_exhausts_nothing_and_can_be_settled()
    {
        var budget = new TokenBudget(Thousand);

        BudgetReport report = budget.Record(Turn.InChunks(3).Uses(5, 19_503).Judge());

        (report.State, report.Missing.Single()).Should().Be((BudgetState.Indeterminate, MissingMetadata.CredibleUsage));
        report.Explain().Should().EndWith("and the server counted more than was allowed, which proves nothing.");
        budget.Resolve(TokenCount.Exactly(12)).State.Should().Be(BudgetState.Available);
    }

    [Fact]
    public void Absence_never_exhausts()
    {
        var budget = new TokenBudget(1);

        for (int turn = 0; turn < 100; turn++)
            budget.Record(Turn.Judge()).State.Should().Be(BudgetState.Indeterminate);
    }

    [Fact]
    public void What_is_missing_is_named_once()
    {
        var budget = new TokenBudget(Thousand);

        budget.Record(Turn.Uses(9, 2).Judge()).Missing.Should().BeEmpty();
        budget.Record(Turn.Judge()).Missing.Should().Equal(MissingMetadata.Usage);
        budget.Record(Turn.Judge()).Missing.Should().Equal(MissingMetadata.Usage);
        budget.Record(CutTurn.UsesSoFar(9, 2).Judge()).Missing.Should().Equal(MissingMetadata.Usage, MissingMetadata.FinalUsage);
        budget.Record(TwoChoices.Uses(9, 8).Judge()).Missing.Should()
            .Equal(MissingMetadata.Usage, MissingMetadata.FinalUsage, MissingMetadata.UsageOfEachChoice);
    }

    [Fact]
    public void A_prompt_that_was_not_counted_is_missing_usage_until_it_is_settled()
    {
        var budget = new TokenBudget(Thousand);

        budget.Record(Turn.Uses(0, 2).Judge()).Missing.Should().Equal(MissingMetadata.Usage);
        budget.Resolve(TokenCount.Exactly(11)).Missing.Should().BeEmpty();
    }

    [Fact]
    public void A_count_from_elsewhere_settles_a_turn()
    {
        var budget = new TokenBudget(Thousand);
        budget.Record(Turn.Judge());

        BudgetReport report = budget.Resolve(TokenCount.Exactly(307));

        report.State.Should().Be(BudgetState.Available);
        report.Spent.Should().Be(TokenCount.Exactly(307));
        report.Remaining.Should().Be(TokenCount.Exactly(693));
        report.Missing.Should().BeEmpty();
    }

    [Fact]
    public void A_count_from_elsewhere_may_exhaust_the_budget()
    {
        var budget = new TokenBudget(Thousand);
        budget.Record(Turn.Judge());

        budget.Resolve(TokenCount.Exactly(1_000)).State.Should().Be(BudgetState.Exhausted);
    }

    [Fact]
    public void What_the_server_has_shown_is_not_undercut()
    {
        var budget = new TokenBudget(Thousand);
        budget.Record(CutTurn.UsesSoFar(285, 22).Judge());

        budget.Resolve(TokenCount.Exactly(7)).Spent.Should().Be(TokenCount.Exactly(307));
    }

    [Fact]
    public void A_settled_turn_with_a_known_prompt_has_a_known_completion()
    {
        var budget = new TokenBudget(new BudgetLimits { Completion = 40 });
        budget.Record(CutTurn.UsesSoFar(285, 22).Judge()).State.Should().Be(BudgetState.Indeterminate);

        BudgetReport report = budget.Resolve(TokenCount.Exactly(315));

        (report.State, report.SpentOnCompletion, report.Missing.Count).Should().Be((BudgetState.Available, TokenCount.Exactly(30), 0));
    }

    [Fact]
    public void A_settled_turn_may_still_hide_its_completion()
    {
        var budget = new TokenBudget(new BudgetLimits { Completion = 40 });
        budget.Record(Turn.Judge());

        BudgetReport report = budget.Resolve(TokenCount.Exactly(315));

        (report.State, report.Spent, report.SpentOnCompletion).Should().Be((BudgetState.Indeterminate, TokenCount.Exactly(315), TokenCount.Between(0, 315)));
        report.Missing.Should().Equal(MissingMetadata.Usage);
        FluentActions.Invoking(() => budget.Resolve(TokenCount.Exactly(315))).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void A_count_that_is_not_exact_narrows_a_turn_and_leaves_it_open()
    {
        var budget = new TokenBudget(Thousand);
        budget.Record(Turn.Judge());

        BudgetReport report = budget.Resolve(TokenCount.Between(300, 400));
        (report.State, report.Spent).Should().Be((BudgetState.Available, TokenCount.Between(300, 400)));
        report.Missing.Should().Equal(MissingMetadata.Usage);

        budget.Resolve(TokenCount.AtLeast(350)).Spent.Should().Be(TokenCount.Between(350, 400));
        budget.Resolve(TokenCount.Exactly(360)).Spent.Should().Be(TokenCount.Exactly(360));
    }

    [Fact]
    public void The_most_recent_open_turn_is_settled_first()
    {
        var budget = new TokenBudget(Thousand);
        budget.Record(CutTurn.UsesSoFar(100, 1).Judge());
        budget.Record(CutTurn.UsesSoFar(200, 1).Judge());
        budget.Record(Turn.Uses(9, 2).Judge());

        budget.Resolve(TokenCount.Exactly(210)).Spent.Should().Be(TokenCount.Between(11 + 210 + 101, 11 + 210 + 300));
        budget.Resolve(TokenCount.Exactly(110)).Spent.Should().Be(TokenCount.Exactly(11 + 210 + 110));
    }

    [Fact]
    public void An_earlier_turn_that_is_settled_says_nothing_of_the_window_now()
    {
        var budget = new TokenBudget(new BudgetLimits { ContextWindow = 2_048 });
        budget.Record(Turn.Judge());
        budget.Record(Turn.Uses(9, 2).Judge());

        budget.Resolve(TokenCount.Exactly(2_048)).State.Should().Be(BudgetState.Available);
    }

    [Fact]
    public void The_last_turn_that_is_settled_says_how_full_the_window_is()
    {
        var budget = new TokenBudget(new BudgetLimits { ContextWindow = 2_048 });
        budget.Record(Turn.Judge()).State.Should().Be(BudgetState.Indeterminate);

        BudgetReport report = budget.Resolve(TokenCount.Exactly(2_000));

        (report.State, report.Remaining).Should().Be((BudgetState.Available, TokenCount.Exactly(48)));
    }

    [Fact]
    public void A_settled_turn_of_two_choices_fills_the_window_at_most_by_its_total()
    {
        var budget = new TokenBudget(new BudgetLimits { ContextWindow = 2_048 });
        budget.Record(TwoChoices.Choice(0).UsesSoFar(9, 12).Judge());

        budget.Resolve(TokenCount.Exactly(100)).Remaining.Should().Be(TokenCount.Between(1_948, 2_027));
    }

    [Fact]
    public void There_must_be_something_to_settle()
    {
        var budget = new TokenBudget(Thousand);
        budget.Record(Turn.Uses(9, 2).Judge());

        FluentActions.Invoking(() => budget.Resolve(TokenCount.Exactly(9))).Should().Throw<InvalidOperationException>()
            .WithMessage("Every recorded turn has an exact count; there is nothing to resolve.");
    }

    [Fact]
    public void Turns_may_be_recorded_from_many_threads()
    {
        var budget = new TokenBudget(1_000_000);
        StreamOutcome known = Turn.Uses(7, 3).Judge();
        StreamOutcome open = CutTurn.UsesSoFar(7, 3).Judge();

        Parallel.For(0, 10_000, turn =>
        {
            budget.Record(turn % 10 == 0 ? open : known);
            if (turn % 10 == 0)
                budget.Resolve(TokenCount.Exactly(10));
        });

        budget.Check().Should().Match<BudgetReport>(report =>
            report.Spent == TokenCount.Exactly(100_000) && report.SpentOnCompletion == TokenCount.Exactly(30_000) && report.Missing.Count == 0);
    }

    [Fact]
    public void Limits_are_at_least_one()
    {
        foreach (BudgetLimits limits in new BudgetLimits[] { new() { Total = 0 }, new() { Completion = 0 }, new() { Turns = 0 }, new() { ContextWindow = -1 } })
            FluentActions.Invoking(() => new TokenBudget(limits)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("limits");

        FluentActions.Invoking(() => new TokenBudget(0)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("totalTokens");

        new TokenBudget(new BudgetLimits { Total = 1, Completion = 1, Turns = 1, ContextWindow = 1 }).Check().State.Should().Be(BudgetState.Available);
    }

    [Fact]
    public void One_number_is_the_limit_on_all_tokens() => new TokenBudget(20_000).Limits.Should().Be(BudgetLimits.OfTotal(20_000));

    [Fact]
    public void Arguments_are_needed()
    {
        FluentActions.Invoking(() => new TokenBudget(null!)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => new TokenBudget(Thousand).Record(null!)).Should().Throw<ArgumentNullException>();
        new TokenBudget(Thousand).Limits.Should().BeSameAs(Thousand);
    }
}

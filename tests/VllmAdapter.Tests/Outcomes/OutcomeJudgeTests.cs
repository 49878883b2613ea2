namespace VllmAdapter.Tests.Outcomes;

/// <summary>Evidence in, verdict out: every row of the verdict table, and every rule behind it.</summary>
public sealed class OutcomeJudgeTests
{
    private static readonly Dictionary<string, Scenario> Scenarios = new Scenario[][]
    {
        [.. VerdictScenarios.All],
        [.. ChoicesScenarios.All],
        [.. LimitScenarios.All],
        [.. GateScenarios.All],
        [.. NoteScenarios.All],
    }.SelectMany(table => table).ToDictionary(scenario => scenario.Name, StringComparer.Ordinal);

    public static TheoryData<string> Names => [.. Scenarios.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_evidence_decides(string scenario)
    {
        Scenario expected = Scenarios[scenario];
        StreamOutcome outcome = expected.Evidence.Judge();

        (outcome.Verdict, outcome.Certainty, outcome.Limit)
            .Should().Be((expected.Verdict, expected.Certainty, expected.Limit), outcome.Explain());
        outcome.Choices.Select(choice => choice.Index).Should().OnlyHaveUniqueItems().And.BeInAscendingOrder();
        outcome.ToolCalls.Select(call => $"{call.Name} {call.Arguments}").Should().Equal(expected.Ready);
        outcome.WithheldToolCalls.Select(call => call.Reason).Should().Equal(expected.Withheld);
        outcome.Notes.Select(note => note.Kind).Where(kind => kind != OutcomeNoteKind.UsageMissing).Should().Equal(expected.Notes);
        if (expected.Each is { } each)
            outcome.Choices.Select(choice => choice.Verdict).Should().Equal(each);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Missing_usage_is_noted_and_usage_is_not(string scenario)
    {
        StreamOutcome outcome = Scenarios[scenario].Evidence.Judge();

        outcome.Notes.Any(note => note.Kind == OutcomeNoteKind.UsageMissing).Should().Be(outcome.Usage is null);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_call_is_lost_and_none_is_both_ready_and_withheld(string scenario)
    {
        StreamOutcome outcome = Scenarios[scenario].Evidence.Judge();

        (outcome.ToolCalls.Count + outcome.WithheldToolCalls.Count)
            .Should().Be(outcome.Evidence.Choices.Sum(choice => choice.ToolCalls.Count));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_same_evidence_gets_the_same_verdict_again(string scenario)
    {
        Evidence evidence = Scenarios[scenario].Evidence;

        evidence.Judge().ToJson().Should().Be(evidence.Judge().ToJson());
    }

    [Theory]
    [InlineData(StreamVerdict.Canceled, StreamVerdict.Abandoned)]
    [InlineData(StreamVerdict.Abandoned, StreamVerdict.ServerError)]
    [InlineData(StreamVerdict.ServerError, StreamVerdict.Malformed)]
    [InlineData(StreamVerdict.Malformed, StreamVerdict.Stalled)]
    [InlineData(StreamVerdict.Stalled, StreamVerdict.Interrupted)]
    [InlineData(StreamVerdict.Interrupted, StreamVerdict.Aborted)]
    [InlineData(StreamVerdict.Aborted, StreamVerdict.StoppedByPolicy)]
    [InlineData(StreamVerdict.StoppedByPolicy, StreamVerdict.LengthLimited)]
    [InlineData(StreamVerdict.LengthLimited, StreamVerdict.StoppedByServer)]
    [InlineData(StreamVerdict.StoppedByServer, StreamVerdict.Unconfirmed)]
    [InlineData(StreamVerdict.Unconfirmed, StreamVerdict.Completed)]
    public void A_verdict_is_worse_than_the_next(StreamVerdict worse, StreamVerdict better) =>
        OutcomeJudge.Severity(worse).Should().BeGreaterThan(OutcomeJudge.Severity(better));

    [Fact]
    public void The_outcome_carries_what_it_rests_on()
    {
        Evidence evidence = Evidence.Of().Says("Hello").Declares("stop").Uses(9, 2).Done()
            .With(seen => seen with { FailedAttempts = [new FailedAttempt { Reason = "503" }, new FailedAttempt { Reason = "503" }] });

        StreamOutcome outcome = evidence.Judge();

        outcome.FinishReason.Should().Be(FinishReason.Stop);
        outcome.TerminatedBy.Should().Be(TerminationCause.Sentinel);
        outcome.Usage.Should().Be(new TokenUsage { PromptTokens = 9, CompletionTokens = 2 });
        outcome.Evidence.Choices.Should().ContainSingle().Which.TextLength.Should().Be(5);
        outcome.Attempts.Should().Be(3);
        outcome.Choices.Should().Equal(new ChoiceOutcome
        {
            Verdict = StreamVerdict.Completed,
            Certainty = Certainty.Declared,
            FinishReason = FinishReason.Stop,
            CompletionTokens = 2,
        });
    }

    [Fact]
    public void A_word_that_nobody_knows_is_kept_as_it_came() =>
        Evidence.Of().Says("Hello").Declares("Preempted!").Done().Judge().FinishReason!.Value.Value.Should().Be("Preempted!");

    [Fact]
    public void The_reason_of_the_outcome_is_that_of_choice_0_not_of_the_worst()
    {
        StreamOutcome outcome = Evidence.OfChoices(2).Choice(1).Says("a").Declares("length").Choice(0).Says("b").Declares("stop").Done().Judge();

        (outcome.Verdict, outcome.FinishReason).Should().Be((StreamVerdict.LengthLimited, FinishReason.Stop));
    }

    [Fact]
    public void A_withheld_call_keeps_all_that_was_received_of_it()
    {
        StreamOutcome outcome = Evidence.OfChoices(2).Choice(1).Calls("get_weather", """{"city": "Pa""", id: "call-7").Declares("length").Done().Judge();

        outcome.WithheldToolCalls.Should().Equal(new WithheldToolCall
        {
            Reason = WithheldReason.ChoiceCut,
            ChoiceIndex = 1,
            Id = "call-7",
            Name = "get_weather",
            RawArguments = """{"city": "Pa""",
        });
    }

    [Fact]
    public void Ten_thousand_choices_are_judged_one_by_one()
    {
        StreamEvidence evidence = new()
        {
            Choices = [.. Enumerable.Range(0, 10_000).Select(index => new ChoiceEvidence { Index = index, TextLength = 1, Declared = [FinishReason.Stop] })],
            SentinelSeen = true,
        };

        OutcomeJudge.Decide(evidence, TerminationCause.Sentinel).Choices.Should().HaveCount(10_000)
            .And.OnlyContain(choice => choice.Verdict == StreamVerdict.Completed);
    }

    [Theory]
    [InlineData(0, 10_000_000, 128)]
    [InlineData(1, 3, 3)]
    [InlineData(2, 10_000_000, 128)]
    [InlineData(200, 10_000_000, 200)]
    public void Choices_that_never_came_are_ruled_on_within_reason(int came, int asked, int rulings)
    {
        StreamEvidence evidence = new()
        {
            Request = new RequestEvidence { ChoiceCount = asked },
            Choices = [.. Enumerable.Range(0, came).Select(index => new ChoiceEvidence { Index = index, TextLength = 1, Declared = [FinishReason.Stop] })],
        };

        OutcomeJudge.Decide(evidence, TerminationCause.ConsumerLeft).Choices.Should().HaveCount(rulings)
            .And.OnlyContain(choice => choice.Verdict == StreamVerdict.Abandoned);
    }

    [Fact]
    public void Evidence_is_needed() =>
        FluentActions.Invoking(() => OutcomeJudge.Decide(null!, TerminationCause.EndOfBody)).Should().Throw<ArgumentNullException>();
}

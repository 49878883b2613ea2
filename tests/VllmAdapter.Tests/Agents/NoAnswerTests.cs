using VllmAdapter.Testing;
using static VllmAdapter.Tests.Agents.LoopPlay;

namespace VllmAdapter.Tests.Agents;

/// <summary>A run ends "Answered" only where the model answered.</summary>
public sealed class NoAnswerTests
{
    public static TheoryData<string, ChoiceEvidence, string?> Evidence => new()
    {
        { "text", new() { TextLength = 5 }, null },
        { "nothing at all: the model had nothing to add", new(), null },
        { "text behind thoughts", new() { TextLength = 5, ReasoningLength = 30 }, null },
        { "text that a stop string ended", new() { TextLength = 5, ReasoningLength = 30, StopReason = "END" }, null },
        { "thoughts alone (vllm#45736)", new() { ReasoningLength = 1200 }, "The model only reasoned: 1,200 characters of reasoning*" },
        { "a stop string within the thoughts", new() { ReasoningLength = 30, StopReason = "END" }, "A stop string or token ended the turn while the model was reasoning*" },
        { "a call as text (opencode#1122)", new() { TextLength = 40, CallMarkup = "get_weather" }, "A call of the tool 'get_weather' appears as text*--tool-call-parser*" },
        { "a call within the thoughts", new() { ReasoningLength = 40, CallMarkup = "get_weather" }, "A call of the tool 'get_weather' appears as text*" },
        { "a refusal (any-llm#1359)", new() { RefusalLength = 13 }, "The model declined to answer*" },
        { "a refusal beside text", new() { TextLength = 5, RefusalLength = 13 }, "The model declined to answer*" },
    };

    [Theory]
    [MemberData(nameof(Evidence))]
    public void What_came_in_place_of_an_answer_is_named(string what, ChoiceEvidence choice, string? explained)
    {
        string? said = NoAnswer.Explain(TurnWith(choice));

        if (explained is null)
            said.Should().BeNull(what);
        else
            said.Should().Match(explained, what);
    }

    [Fact]
    public void What_another_choice_holds_is_not_the_turns() =>
        NoAnswer.KindOf(TurnWith(new ChoiceEvidence { Index = 1, RefusalLength = 13 })).Should().BeNull();

    [Fact]
    public void A_refusal_is_never_asked_again_although_tokens_were_counted_for_it()
    {
        StreamOutcome turn = TurnWith(new ChoiceEvidence { RefusalLength = 13 }) with
        {
            Verdict = StreamVerdict.Unconfirmed,
            Notes = [new OutcomeNote(OutcomeNoteKind.OutputMissing, "9 tokens were counted.")],
        };

        TurnUses.Of(turn, IncompleteStreamBehavior.Throw).Should().Be(TurnUse.Unusable);
    }

    [Theory]
    [InlineData(false, TurnUse.Damaged)]
    [InlineData(true, TurnUse.Unusable)]
    public void A_call_as_text_is_asked_for_once_without_streaming(bool isWhole, object use)
    {
        StreamOutcome turn = TurnWith(new ChoiceEvidence { TextLength = 40, CallMarkup = "get_weather" });

        TurnUses.Of(turn with { Evidence = turn.Evidence with { IsWholeReply = isWhole } }, IncompleteStreamBehavior.Throw).Should().Be((TurnUse)use);
    }

    [Fact]
    public async Task A_run_whose_last_turn_only_thought_is_incomplete_and_says_so()
    {
        LoopPlay play = await RunAsync(Calling("get_random_number", "{}"), Script.Reasons("It must be 4.").Finishes("stop").Uses(30, 6).Done());

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Incomplete);
        play.Result.Text.Should().BeEmpty();
        play.Result.Explain().Should().StartWith("Stopped after 2 turns: The model only reasoned: 13 characters of reasoning, no answer.");
        play.Result.Request.Messages.Should().HaveCount(3, "what cannot be used is not in the history");
        play.Bodies.Should().HaveCount(2);
    }

    [Fact]
    public async Task White_space_behind_the_thoughts_is_no_answer_either()
    {
        LoopPlay play = await RunAsync(Script.Reasons("It must be 4.").Says("\n\n").Finishes("stop").Uses(30, 6).Done());

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Incomplete);
    }

    [Fact]
    public async Task An_answer_behind_thoughts_and_an_empty_one_are_answers()
    {
        LoopPlay thought = await RunAsync(Script.Reasons("Hm.").Says("It is 4.").Finishes("stop").Uses(30, 6).Done());
        LoopPlay empty = await RunAsync(Calling("get_random_number", "{}"), Script.Empty.Finishes("stop").Uses(30, 1).Done());

        thought.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        empty.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
    }

    private static StreamOutcome TurnWith(ChoiceEvidence choice) =>
        new() { Verdict = StreamVerdict.Completed, Evidence = new StreamEvidence { Choices = [choice] } };

    /// <summary>From the wire to the end of the run: one request, the words kept, and no answer (mozilla-ai/any-llm#1359).</summary>
    [Fact]
    public async Task A_refusal_ends_the_run_after_one_request()
    {
        LoopPlay play = await LoopPlay.RunAsync(Script.Empty
            .Event("""{"choices":[{"index":0,"delta":{"refusal":"I can't"}}]}""")
            .Event("""{"choices":[{"index":0,"delta":{"refusal":" help."}}]}""")
            .Finishes("stop").Uses(5, 9).Done());

        (play.Result.Verdict, play.Bodies.Count).Should().Be((ToolLoopVerdict.Incomplete, 1));
        play.Result.Turns[0].Notes.Should().Contain(note => note.Kind == OutcomeNoteKind.Refused);
        play.Result.Turns[0].Verdict.Should().Be(StreamVerdict.Completed);
    }

    /// <summary>The call stands in the text: it is not run, asked for once without streaming, and no answer (anomalyco/opencode#1122).</summary>
    [Fact]
    public async Task A_call_that_stands_as_text_is_no_answer()
    {
        LoopPlay play = await LoopPlay.RunAsync(Script.Says("<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call>")
            .Finishes("stop").Uses(5, 30).Done());

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Incomplete);
        play.Ran.Should().BeEmpty();
    }
}

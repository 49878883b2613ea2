using static VllmAdapter.Diagnostics.Certainty;
using static VllmAdapter.LengthLimit;
using static VllmAdapter.Diagnostics.OutcomeNoteKind;
using static VllmAdapter.StreamVerdict;

namespace VllmAdapter.Tests.Outcomes;

/// <summary>What a verdict alone does not say.</summary>
internal static class NoteScenarios
{
    private static Evidence Stopped => Evidence.Of().Says("Hello").Declares("stop").Capped(200).Uses(9, 2).Done();

    public static IEnumerable<Scenario> All =>
    [
        new("Nothing to note", Stopped, Completed, Declared),
        new("Output after the finish reason", Stopped.SaysMoreAfterIt(), Completed, Declared) { Notes = [LateOutput] },
        new("One word twice is one word", Evidence.Of().Says("a").Declares("stop").Done(), Completed, Declared),
        new("The last event without its blank line",
            Stopped.With(seen => seen with { LastEventUnterminated = true }), Completed, Declared)
            { Notes = [LastEventUnterminated] },
        new("Events after the sentinel",
            Stopped.With(seen => seen with { EventsAfterSentinel = 2 }), Completed, Declared)
            { Notes = [EventsAfterSentinel] },
        new("Another id on the way",
            Stopped.With(seen => seen with { HasChangedResponseId = true }), Completed, Declared)
            { Notes = [ResponseIdChanged] },
        new("Text that is not UTF-8",
            Stopped.With(seen => seen with { TextIsLossy = true }), Completed, Declared) { Notes = [LossyText] },
        new("Fields of odd types",
            Stopped.With(seen => seen with { Oddities = 1 }), Completed, Declared) { Notes = [OddFields] },
        new("Answered at the second try",
            Stopped.With(seen => seen with { FailedAttempts = [new FailedAttempt { Reason = "503" }] }), Completed, Declared)
            { Notes = [Retried] },
        new("A choice cut at max tokens did not end there by itself",
            Evidence.Of().Says("a").Declares("length").Capped(2).Uses(9, 2).Done(), LengthLimited, Declared)
            { Limit = MaxTokens },
        new("A choice of the caller's that was declared by one only",
            Evidence.OfChoices(2).Choice(0).Says("a").Declares("stop")
                .Choice(1).Says("b").Done(), Unconfirmed, Inferred),

        // Ends that are no answer.
        new("Only reasoning, then stop (hermes-agent#109205, vllm#45736)",
            Evidence.Of().Reasons("I should answer 42.").Declares("stop").Capped(200).Uses(5, 20).Done(), Completed, Declared) { Notes = [OutcomeNoteKind.NoAnswer] },
        new("Only reasoning, then stop, and more was counted than it spells",
            Evidence.Of().Reasons("I should answer 42.").Declares("stop").Capped(200).Uses(5, 60).Done(), Unconfirmed, Inferred)
            { Notes = [OutputMissing, OutcomeNoteKind.NoAnswer] },
        new("Only reasoning, then a cut, is a cut", Evidence.Of().Reasons("Hm.").IsCut(), Interrupted, Observed),
        new("Reasoning and a call is an answer",
            Evidence.Of().Reasons("Hm.").Offering(Offered.ListFiles).Calls("list_files", "{}").Declares("stop").Done(), Completed, Declared)
            { Ready = ["list_files {}"] },
        new("Reasoning and audio is an answer", Evidence.Of().Reasons("Hm.").Sounds().Declares("stop").Done(), Completed, Declared),
        new("A stop string inside the reasoning",
            Evidence.Of().Reasons("I should say ").Declares("stop").StopsAt("Final:").Uses(5, 9).Done(), Completed, Declared) { Notes = [StoppedInReasoning] },
        new("A stop token after the reasoning is no stop string",
            Evidence.Of().Reasons("Hm.").Declares("stop").StopsAt("128009").Uses(5, 3).Done(), Completed, Declared) { Notes = [OutcomeNoteKind.NoAnswer] },
        new("A stop string after the answer began",
            Evidence.Of().Reasons("Hm.").Says("a").Declares("stop").StopsAt("\n").Uses(5, 9).Done(), Completed, Declared),
        new("The model declined (any-llm#1359)",
            Evidence.Of().Declines("I can't help.").Declares("stop").Uses(5, 9).Done(), Completed, Declared) { Notes = [Refused] },
        new("The model declined after some thought",
            Evidence.Of().Reasons("Hm.").Declines("I can't help.").Declares("stop").Uses(5, 9).Done(), Completed, Declared) { Notes = [Refused] },
        new("A call written as text (opencode#1122, semantic-kernel#12811)",
            Evidence.Of().Offering(Offered.GetWeather).WritesACallOf("get_weather").Declares("stop").Uses(5, 9).Done(), Completed, Declared)
            { Notes = [CallInText] },
        new("Every piece holds all before it (qwen-code#3896)",
            Stopped.With(seen => seen with { LooksCumulative = true }), Completed, Declared) { Notes = [CumulativeText] },
        new("Reasoning that the request hid came all the same (vLLM 0.20.2, 0.11.0 and 0.8.5, streamed)",
            Stopped.HidesReasoning().With(seen => seen with { HasUnwantedReasoning = true }), Completed, Declared) { Notes = [UnwantedReasoning] },
        new("Choice numbers that count the tokens (text-generation-inference#1648)",
            Stopped.With(seen => seen with { ChoiceIndexesSeen = 3 }), Completed, Declared) { Notes = [UnexpectedChoices] },
        new("Several choices were asked for and numbered",
            Evidence.OfChoices(2).Choice(0).Says("a").Declares("stop").Choice(1).Says("b").Declares("stop").Done()
                .With(seen => seen with { ChoiceIndexesSeen = 2 }), Completed, Declared),
        new("A stop before the answer (open-webui#23921)", Stopped.SaysMoreAfterIt(), Completed, Declared) { Notes = [LateOutput] },
        new("Calls announced, none came, nothing at all came",
            Evidence.Of().Declares("tool_calls").Uses(9, 1).Done(), Completed, Declared),
        new("The sentinel came, but the body was cut after it", Stopped.IsCut(), Completed, Declared),
    ];
}

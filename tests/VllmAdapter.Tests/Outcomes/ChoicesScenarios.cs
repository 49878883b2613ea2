using static VllmAdapter.Diagnostics.Certainty;
using static VllmAdapter.LengthLimit;
using static VllmAdapter.Diagnostics.OutcomeNoteKind;
using static VllmAdapter.StreamVerdict;
using static VllmAdapter.Diagnostics.WithheldReason;

namespace VllmAdapter.Tests.Outcomes;

/// <summary>Several choices: a verdict each, and the stream gets the worst of them.</summary>
internal static class ChoicesScenarios
{
    private const string Weather = """{"city": "Paris"}""";
    private const string WeatherReady = $"get_weather {Weather}";

    private static Evidence Two => Evidence.OfChoices(2).Offering(Offered.GetWeather);

    public static IEnumerable<Scenario> All =>
    [
        new("Two choices stop",
            Two.Choice(0).Says("a").Declares("stop")
                .Choice(1).Says("b").Declares("stop").Uses(9, 2).Done(), Completed, Declared)
            { Each = [Completed, Completed] },
        new("One of two choices is cut by length",
            Two.Choice(0).Says("a").Declares("stop")
                .Choice(1).Says("b").Declares("length").Done(), LengthLimited, Declared)
            { Limit = Unattributed, Each = [Completed, LengthLimited] },
        new("One of two choices declares nothing (LiteLLM)",
            Two.Choice(0).Says("a").Declares("stop").Choice(1).Says("b").Uses(9, 2).Done(), Unconfirmed, Inferred)
            { Each = [Completed, Unconfirmed] },
        new("One of two choices never came",
            Two.Choice(0).Says("a").Declares("stop").Done(), Interrupted, Inferred) { Each = [Completed, Interrupted] },
        new("The first of two choices never came",
            Two.Choice(1).Says("a").Declares("stop").Done(), Interrupted, Inferred) { Each = [Interrupted, Completed] },
        new("Neither of two choices came",
            Two.EndsInOrder(), Interrupted, Inferred) { Each = [Interrupted, Interrupted] },
        new("A choice more than was asked for",
            Evidence.Of().Says("a").Declares("stop")
                .Choice(1).Says("b").Declares("length").Done(), LengthLimited, Declared)
            { Limit = Unattributed, Each = [Completed, LengthLimited], Notes = [UnexpectedChoices] },
        new("Choices that came in another order",
            Two
                .Choice(1).Says("a").Declares("length").Choice(0).Says("b").Declares("stop").Done(), LengthLimited, Declared)
            { Limit = Unattributed, Each = [Completed, LengthLimited] },

        // A final usage is a sum over the choices (recorded: 68 for two answers of 34): nothing is inferred from it.
        new("The sum reaches max tokens, no choice does",
            Two.Choice(0).Says("a").Choice(1).Says("b").Capped(40).Uses(9, 68).Done(), Unconfirmed, Inferred)
            { Each = [Unconfirmed, Unconfirmed] },
        new("The sum fills the window, no choice does",
            Two.Choice(0).Says("a").Choice(1).Says("b").InWindowOf(60).Uses(9, 68).Done(), Unconfirmed, Inferred)
            { Each = [Unconfirmed, Unconfirmed] },
        new("The sum says nothing about a choice without output",
            Two.Choice(0).Says("a").Declares("stop").Choice(1).Declares("stop").Uses(9, 68).Done(), Completed, Declared)
            { Each = [Completed, Completed] },
        new("The sum says nothing about a choice more than was asked for",
            Evidence.Of().Says("a").Choice(1).Says("b").Capped(40).Uses(9, 68).Done(), Unconfirmed, Inferred)
            { Each = [Unconfirmed, Unconfirmed], Notes = [UnexpectedChoices] },

        // Continuous usage counts each choice apart.
        new("Continuous counts show which choice reached max tokens",
            Two.Choice(0).Says("a little more").UsesSoFar(9, 12)
                .Choice(1).Says("b").UsesSoFar(9, 40).Capped(40).Uses(9, 52).Done(), LengthLimited, Inferred)
            { Limit = MaxTokens, Each = [Unconfirmed, LengthLimited] },
        new("Continuous counts show which choice filled the window",
            Two.Choice(0).Says("a little more").UsesSoFar(9, 12)
                .Choice(1).Says("b").UsesSoFar(9, 40).InWindowOf(49).Uses(9, 52).Done(), LengthLimited, Inferred)
            { Limit = ContextWindow, Each = [Unconfirmed, LengthLimited] },
        new("Continuous counts show what was counted and not delivered",
            Two.Choice(0).Says("a").Declares("stop")
                .Choice(1).Declares("stop").UsesAtTheEnd(9, 26).Uses(9, 38).Done(), Unconfirmed, Inferred)
            { Each = [Completed, Unconfirmed], Notes = [OutputMissing] },

        // vLLM 0.8.5 counts one token too few for each of several choices, and sends no fingerprint.
        new("tool_calls one short of max tokens, of a server that may count one too few (vLLM 0.8.5)",
            Two.Choice(0).Calls("get_weather", Weather).Declares("tool_calls").UsesAtTheEnd(9, 21)
                .Choice(1).Calls("get_weather", Weather).Declares("tool_calls").UsesAtTheEnd(9, 21).Capped(22).InWindowOf(2048).Uses(9, 42).Done(),
            Completed, Declared)
            { Each = [Completed, Completed], Withheld = [EndUnconfirmed, EndUnconfirmed] },
        new("Nothing declared one short of max tokens, of a server that may count one too few",
            Two.Choice(0).Calls("get_weather", Weather).UsesAtTheEnd(9, 21)
                .Choice(1).Says("b").Declares("stop").Capped(22).InWindowOf(2048).Done(), Unconfirmed, Inferred)
            { Each = [Unconfirmed, Completed], Withheld = [EndUnconfirmed] },
        new("tool_calls one short of the window, of a server that may count one too few",
            Two.Choice(0).Calls("get_weather", Weather).Declares("tool_calls").UsesAtTheEnd(9, 21)
                .Choice(1).Says("b").Declares("stop").Capped(200).InWindowOf(31).Done(), Completed, Declared)
            { Each = [Completed, Completed], Withheld = [EndUnconfirmed] },
        new("tool_calls two short of max tokens, of a server that may count one too few",
            Two.Choice(0).Calls("get_weather", Weather).Declares("tool_calls").UsesAtTheEnd(9, 20)
                .Choice(1).Says("b").Declares("stop").Capped(22).InWindowOf(2048).Done(), Completed, Declared)
            { Each = [Completed, Completed], Ready = [WeatherReady] },
        new("tool_calls one short of max tokens, of a server that names its version",
            Two.Versioned().Choice(0).Calls("get_weather", Weather).Declares("tool_calls").UsesAtTheEnd(9, 21)
                .Choice(1).Says("b").Declares("stop").Capped(22).InWindowOf(2048).Done(), Completed, Declared)
            { Each = [Completed, Completed], Ready = [WeatherReady] },
        new("stop one short of max tokens is believed all the same",
            Two.Choice(0).Calls("get_weather", Weather).Declares("stop").UsesAtTheEnd(9, 21)
                .Choice(1).Says("b").Declares("stop").Capped(22).Done(), Completed, Declared)
            { Each = [Completed, Completed], Ready = [WeatherReady] },

        // An error, an end, a cut: of one choice, or of the stream.
        new("An error of one choice leaves the other as it is (OpenRouter)",
            Two.Choice(0).Calls("get_weather", Weather).Declares("stop")
                .Choice(1).Says("b").ChoiceFails().Done(), StreamVerdict.ServerError, Observed)
            { Each = [Completed, StreamVerdict.ServerError], Ready = [WeatherReady] },
        new("Finish reason error of one choice leaves the other as it is",
            Two.Choice(0).Calls("get_weather", Weather).Declares("stop")
                .Choice(1).Says("b").Declares("error").Done(), StreamVerdict.ServerError, Observed)
            { Each = [Completed, StreamVerdict.ServerError], Ready = [WeatherReady] },
        new("An error event is everybody's",
            Two.Choice(0).Calls("get_weather", Weather).Declares("stop")
                .Choice(1).Says("b").Fails().Done(), StreamVerdict.ServerError, Observed)
            { Each = [StreamVerdict.ServerError, StreamVerdict.ServerError], Withheld = [StreamBroken] },
        new("A cut before the second choice finished breaks the stream",
            Two.Choice(0).Calls("get_weather", Weather).Declares("stop")
                .Choice(1).Says("b").IsCut(), Interrupted, Observed)
            { Each = [Completed, Interrupted], Withheld = [StreamBroken] },
        new("An end inside an event before the second choice finished breaks the stream",
            Two.Choice(0).Calls("get_weather", Weather).Declares("stop")
                .Choice(1).Says("b").EndsInsideAnEvent(), Interrupted, Observed)
            { Each = [Completed, Interrupted], Withheld = [StreamBroken] },
        new("A silence before the second choice finished breaks the stream",
            Two.Choice(0).Calls("get_weather", Weather).Declares("stop")
                .Choice(1).Says("b").TerminatedBy(TerminationCause.IdleTimeout), Stalled, Observed)
            { Each = [Completed, Stalled], Withheld = [StreamBroken] },
        new("A cut after the sentinel breaks nothing",
            Two.Choice(0).Calls("get_weather", Weather).Declares("stop")
                .Choice(1).Says("b").Done().IsCut(), Unconfirmed, Inferred)
            { Each = [Completed, Unconfirmed], Ready = [WeatherReady] },
        new("A cut after the sentinel breaks nothing, open call or not",
            Two.Choice(0).Calls("get_weather", Weather).Declares("stop")
                .Choice(1).Calls("get_weather", """{"city": """).Done().IsCut(), Interrupted, Inferred)
            { Each = [Completed, Interrupted], Ready = [WeatherReady], Withheld = [ChoiceNotFinished] },
        new("An open call of one choice leaves the other as it is",
            Two.Choice(0).Calls("get_weather", Weather).Declares("stop")
                .Choice(1).Calls("get_weather", """{"city": """).Done(), Interrupted, Inferred)
            { Each = [Completed, Interrupted], Ready = [WeatherReady], Withheld = [ChoiceNotFinished] },
        new("A choice that never came leaves the other as it is",
            Two.Choice(0).Calls("get_weather", Weather).Declares("stop").Done(), Interrupted, Inferred)
            { Each = [Completed, Interrupted], Ready = [WeatherReady] },
        new("An end in order before the second choice finished, without [DONE], breaks the stream",
            Two.Choice(0).Calls("get_weather", Weather).Declares("stop").Choice(1).Says("b").EndsInOrder(), Interrupted, Inferred)
            { Each = [Completed, Interrupted], Withheld = [StreamBroken] },
        new("An end in order before the second choice came, without [DONE], breaks the stream",
            Two.Choice(0).Calls("get_weather", Weather).Declares("stop").EndsInOrder(), Interrupted, Inferred)
            { Each = [Completed, Interrupted], Withheld = [StreamBroken] },
        new("An end in order before the second choice finished, of a server that marks none",
            Two.Choice(0).Calls("get_weather", Weather).Declares("stop").Choice(1).Says("b").MarksNoEnd().EndsInOrder(), Unconfirmed, Inferred)
            { Each = [Completed, Unconfirmed], Ready = [WeatherReady] },
        new("An end in order after every choice declared",
            Two.Choice(0).Says("a").Declares("stop").Choice(1).Says("b").Declares("stop").EndsInOrder(), Completed, Declared)
            { Each = [Completed, Completed], Notes = [EndedWithoutSentinel] },
        new("An aborted choice leaves the other as it is",
            Two.Choice(0).Calls("get_weather", Weather).Declares("stop")
                .Choice(1).Says("b").Declares("abort").Done(), Aborted, Declared)
            { Each = [Completed, Aborted], Ready = [WeatherReady] },
        new("The own budget stops the second choice; the first has finished",
            Two.Choice(0).Calls("get_weather", Weather).Declares("stop")
                .Choice(1).Says("b").TerminatedBy(TerminationCause.BudgetExhausted), StoppedByPolicy, Observed)
            { Limit = LengthLimit.TokenBudget, Each = [Completed, StoppedByPolicy], Ready = [WeatherReady] },
        new("The second of two choices' calls has no name (vLLM 0.8.5 and 0.11.0)",
            Two.Choice(0).Calls("get_weather", Weather).Declares("tool_calls")
                .Choice(1).Calls(name: null, Weather).Declares("tool_calls").Uses(9, 30).Done(), Completed, Declared)
            { Each = [Completed, Completed], Ready = [WeatherReady], Withheld = [NameMissing], Notes = [CutNotExcluded] },

        // The stream's verdict is the worst of its choices'.
        .. WorstOf(
            (StreamVerdict.ServerError, choice => choice.Declares("error")),
            (Aborted, choice => choice.Declares("abort")),
            (LengthLimited, choice => choice.Declares("length")),
            (StoppedByServer, choice => choice.Declares("content_filter")),
            (Unconfirmed, choice => choice),
            (Completed, choice => choice.Declares("stop"))),
    ];

    private static IEnumerable<Scenario> WorstOf(params (StreamVerdict Verdict, Func<Evidence, Evidence> Ends)[] worstFirst)
    {
        for (int i = 0; i + 1 < worstFirst.Length; i++)
        {
            (StreamVerdict worse, Func<Evidence, Evidence> ends) = worstFirst[i];
            (StreamVerdict better, Func<Evidence, Evidence> endsBetter) = worstFirst[i + 1];
            Evidence evidence = endsBetter(ends(Two.Choice(0).Says("a")).Choice(1).Says("b")).Done();
            yield return new Scenario($"{worse} next to {better}", evidence, worse, worse switch
            {
                StreamVerdict.ServerError => Observed,
                Unconfirmed => Inferred,
                _ => Declared,
            })
            {
                Each = [worse, better],
                Limit = worse == LengthLimited ? Unattributed : null,
            };
        }
    }
}

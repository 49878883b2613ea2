using static VllmAdapter.Diagnostics.Certainty;
using static VllmAdapter.LengthLimit;
using static VllmAdapter.Diagnostics.OutcomeNoteKind;
using static VllmAdapter.StreamVerdict;
using static VllmAdapter.Diagnostics.WithheldReason;

namespace VllmAdapter.Tests.Outcomes;

/// <summary>Which calls of an answer that was not cut may be run.</summary>
internal static class GateScenarios
{
    private const string Weather = """{"city": "Paris"}""";
    private static readonly string Deep = new string('[', 500) + new string(']', 500);
    private static readonly string[] WeatherReady = [$"get_weather {Weather}"];

    private static Evidence Tools => Evidence.Of()
        .Offering(Offered.SavePlan, Offered.GetWeather, Offered.ListFiles, Offered.GetRandomNumber, Offered.FindPerson);

    private static Evidence WeatherCall => Tools.Calls("get_weather", Weather);

    private static Evidence Calling(string tool, string arguments = "") => Tools.Calls(tool, arguments);

    public static IEnumerable<Scenario> All =>
    [
        // The end must be confirmed.
        new("tool_calls, [DONE] and room left",
            WeatherCall.Declares("tool_calls").Capped(200).InWindowOf(2048).Uses(285, 22).Done(), Completed, Declared)
            { Ready = WeatherReady },
        new("tool_calls, [DONE], room left under max tokens, the window not known: it may have cut the call",
            WeatherCall.Declares("tool_calls").Capped(200).Uses(285, 22).Done(), Completed, Declared)
            { Ready = WeatherReady, Notes = [CutNotExcluded] },
        new("tool_calls, [DONE], no max tokens, the window not known",
            WeatherCall.Declares("tool_calls").Uses(285, 22).Done(), Completed, Declared)
            { Ready = WeatherReady, Notes = [CutNotExcluded] },
        new("function_call, [DONE], room left under max tokens, the window not known",
            WeatherCall.Declares("function_call").Capped(200).Uses(285, 22).Done(), Completed, Declared)
            { Ready = WeatherReady, Notes = [CutNotExcluded] },
        new("tool_calls, [DONE], room left by a count before the end",
            WeatherCall.Declares("tool_calls").Capped(200).InWindowOf(2048).UsesSoFar(285, 21).Done(), Completed, Declared)
            { Ready = WeatherReady, Notes = [CutNotExcluded] },
        new("tool_calls, [DONE], the prompt not counted, so that the window may be full",
            WeatherCall.Declares("tool_calls").Capped(200).InWindowOf(2048).Uses(0, 22).Done(), Completed, Declared)
            { Ready = WeatherReady, Notes = [CutNotExcluded] },
        new("tool_calls, [DONE] and no usage: a cut cannot be excluded",
            WeatherCall.Declares("tool_calls").Capped(200).Done(), Completed, Declared)
            { Ready = WeatherReady, Notes = [CutNotExcluded] },
        new("tool_calls, room left under max tokens, but no [DONE], the window not known",
            WeatherCall.Declares("tool_calls").Capped(200).Uses(285, 22).EndsInOrder(), Completed, Declared)
            { Withheld = [EndUnconfirmed], Notes = [EndedWithoutSentinel] },
        new("tool_calls, room left, but no [DONE]",
            WeatherCall.Declares("tool_calls").Capped(200).InWindowOf(2048).Uses(285, 22).EndsInOrder(), Completed, Declared)
            { Ready = WeatherReady, Notes = [EndedWithoutSentinel] },
        new("tool_calls, room left in the window, but no [DONE]",
            WeatherCall.Declares("tool_calls").InWindowOf(2048).Uses(285, 22).EndsInOrder(), Completed, Declared)
            { Ready = WeatherReady, Notes = [EndedWithoutSentinel] },
        new("tool_calls, room left by the count next to it, then a reset",
            WeatherCall.Declares("tool_calls").Capped(200).InWindowOf(2048).UsesAtTheEnd(285, 22).IsCut(), Completed, Declared)
            { Ready = WeatherReady, Notes = [EndedWithoutSentinel] },
        new("tool_calls, room left by a count before it, then a reset",
            WeatherCall.Declares("tool_calls").Capped(200).InWindowOf(2048).UsesSoFar(285, 21).IsCut(), Completed, Declared)
            { Withheld = [EndUnconfirmed], Notes = [EndedWithoutSentinel] },
        new("tool_calls, no [DONE] and no usage",
            WeatherCall.Declares("tool_calls").Capped(200).EndsInOrder(), Completed, Declared)
            { Withheld = [EndUnconfirmed], Notes = [EndedWithoutSentinel] },
        new("tool_calls, no [DONE], and no limit that the usage could be held against",
            WeatherCall.Declares("tool_calls").Uses(285, 22).EndsInOrder(), Completed, Declared)
            { Withheld = [EndUnconfirmed], Notes = [EndedWithoutSentinel] },
        new("function_call, no [DONE] and no usage",
            WeatherCall.Declares("function_call").Capped(200).EndsInOrder(), Completed, Declared)
            { Withheld = [EndUnconfirmed], Notes = [EndedWithoutSentinel] },
        new("stop, then tool_calls, no [DONE] and no usage",
            WeatherCall.Declares("stop", "tool_calls").Capped(200).EndsInOrder(), Completed, Declared)
            { Withheld = [EndUnconfirmed], Notes = [ConflictingFinishReasons, EndedWithoutSentinel] },
        new("stop is a confirmed end without [DONE] and without usage (vLLM with a named tool)",
            WeatherCall.Declares("stop").IsCut(), Completed, Declared)
            { Ready = WeatherReady, Notes = [EndedWithoutSentinel] },
        new("Nothing declared, [DONE]: the story (vLLM 0.8.5 with required)",
            WeatherCall.Capped(200).InWindowOf(2048).Uses(285, 20).Done(), Unconfirmed, Inferred) { Ready = WeatherReady },
        new("Nothing declared, [DONE], the window not known",
            WeatherCall.Capped(200).Uses(285, 20).Done(), Unconfirmed, Inferred) { Ready = WeatherReady, Notes = [CutNotExcluded] },
        new("Nothing declared, [DONE], no usage",
            WeatherCall.Done(), Unconfirmed, Inferred) { Ready = WeatherReady, Notes = [CutNotExcluded] },
        new("Nothing declared, no [DONE]",
            WeatherCall.Capped(200).InWindowOf(2048).Uses(285, 20).EndsInOrder(), Interrupted, Inferred) { Withheld = [StreamBroken] },
        new("Two choices with tool_calls and [DONE], only the sum counted",
            Evidence.OfChoices(2).Offering(Offered.GetWeather).Choice(0).Calls("get_weather", Weather).Declares("tool_calls")
                .Choice(1).Says("b").Declares("stop").Capped(200).Uses(285, 30).Done(),
            Completed, Declared) { Ready = WeatherReady, Notes = [CutNotExcluded] },
        new("Two choices with tool_calls and room left by the sum alone, no [DONE]",
            Evidence.OfChoices(2).Offering(Offered.GetWeather).Choice(0).Calls("get_weather", Weather).Declares("tool_calls")
                .Choice(1).Says("b").Declares("stop").Capped(200).Uses(285, 30).EndsInOrder(),
            Completed, Declared) { Withheld = [EndUnconfirmed], Notes = [EndedWithoutSentinel] },
        new("Two choices, one counted to its end with room left, no [DONE]",
            Evidence.OfChoices(2).Offering(Offered.GetWeather).Choice(0).Calls("get_weather", Weather).Declares("tool_calls").UsesAtTheEnd(285, 12)
                .Choice(1).Says("b").Declares("stop").Capped(200).InWindowOf(2048).EndsInOrder(),
            Completed, Declared) { Ready = WeatherReady, Notes = [EndedWithoutSentinel] },
        new("A whole reply needs no sentinel",
            Evidence.OfWholeReply().Offering(Offered.GetWeather).Calls("get_weather", Weather).Declares("tool_calls"), Completed, Declared)
            { Ready = WeatherReady, Notes = [CutNotExcluded] },
        new("A whole reply with tool_calls whose body broke off behind it",
            Evidence.OfWholeReply().Offering(Offered.GetWeather).Calls("get_weather", Weather).Declares("tool_calls").IsCut(),
            Completed, Declared) { Withheld = [EndUnconfirmed], Notes = [EndedWithoutSentinel] },
        new("stop without any count is believed",
            WeatherCall.Declares("stop").Done(), Completed, Declared) { Ready = WeatherReady },

        // Whole JSON does not prove a whole call.
        new("vLLM 0.8.5 hermes closes a cut call itself: 22 of 22 tokens",
            Calling("save_plan", """{"title": "Trip"}""").Declares("tool_calls").Capped(22).Uses(285, 22).Done(), LengthLimited, Inferred)
            { Limit = MaxTokens, Withheld = [ChoiceCut] },
        new("vLLM 0.32.0 granite streams {} and length",
            Calling("save_plan", "{}").Declares("length").Capped(14).Uses(285, 14).Done(), LengthLimited, Declared)
            { Limit = MaxTokens, Withheld = [ChoiceCut] },
        new("A call that the model broke off, closed by the server with room left: nobody can tell",
            Calling("save_plan", """{"title": "Trip"}""").Declares("tool_calls").Capped(200).InWindowOf(2048).Uses(285, 22).Done(), Completed, Declared)
            { Ready = ["""save_plan {"title": "Trip"}"""] },

        // The text of the arguments.
        new("Arguments that end in white space (vLLM 0.11.0)",
            Calling("get_weather", "{\"city\": \"Paris\"}\n").Declares("stop").Done(), Completed, Declared)
            { Ready = WeatherReady },
        new("Arguments that nest deep",
            Calling("get_weather", $"{{\"city\": \"Paris\", \"more\": {Deep}}}").Declares("stop").Done(), Completed, Declared)
            { Ready = [$"get_weather {{\"city\": \"Paris\", \"more\": {Deep}}}"] },
        new("Arguments without their closing brace (vLLM 0.8.5 hermes)",
            Calling("get_weather", "{\"city\": \"Paris\"\n").Declares("tool_calls").Capped(200).Uses(285, 22).Done(), Completed, Declared)
            { Withheld = [ArgumentsOpen] },
        new("Arguments twice over (vLLM 0.8.5 granite after text that is not ASCII)",
            Calling("get_weather", Weather + Weather).Declares("stop").Done(), Completed, Declared)
            { Withheld = [ArgumentsMalformed] },
        new("Arguments that are no JSON",
            Calling("get_weather", "{bags [now]}").Declares("stop").Done(), Completed, Declared)
            { Withheld = [ArgumentsMalformed] },
        new("Arguments that are a list",
            Calling("get_weather", "[1]").Declares("stop").Done(), Completed, Declared)
            { Withheld = [ArgumentsNotAnObject] },
        new("Arguments that are a number",
            Calling("get_weather", "7").Declares("stop").Done(), Completed, Declared)
            { Withheld = [ArgumentsNotAnObject] },
        new("Arguments that are null",
            Calling("get_random_number", "null").Declares("stop").Done(), Completed, Declared)
            { Withheld = [ArgumentsNotAnObject] },
        new("Arguments with half a character",
            Calling("get_weather", "{\"city\": \"\ud83d\"}").Declares("stop").Done(), Completed, Declared)
            { Withheld = [ArgumentsMalformed] },
        new("Arguments with a name of half a character",
            Calling("get_weather", """{"\ud83d": 1}""").Declares("stop").Done(), Completed, Declared)
            { Ready = ["""get_weather {"\ud83d": 1}"""] },
        new("A call without a name",
            Tools.Calls(name: null, Weather).Declares("stop").Done(), Completed, Declared) { Withheld = [NameMissing] },
        new("A whole call next to a damaged one",
            WeatherCall.Calls("get_weather", "{", id: "call-2").Declares("stop").Done(), Completed, Declared)
            { Ready = WeatherReady, Withheld = [ArgumentsOpen] },

        // No argument text at all.
        new("No arguments, the tool requires one (vLLM 0.11.0 kimi_k2 loses them)",
            Calling("get_weather").Declares("tool_calls").Capped(200).Uses(285, 22).Done(), Completed, Declared)
            { Withheld = [ArgumentsMissing] },
        new("No arguments, the tool requires none, the end was declared (vLLM 0.8.5 and 0.11.0)",
            Calling("list_files").Declares("stop").Done(), Completed, Declared)
            { Ready = ["list_files {}"] },
        new("No arguments, the tool requires none, nothing declared, room left",
            Calling("list_files").Capped(200).InWindowOf(2048).Uses(285, 20).Done(), Unconfirmed, Inferred)
            { Ready = ["list_files {}"] },
        new("No arguments, the tool requires none, nothing declared, room left under max tokens, the window not known",
            Calling("list_files").Capped(200).Uses(285, 20).Done(), Unconfirmed, Inferred) { Withheld = [ArgumentsMissing] },
        new("No arguments, the tool requires none, nothing declared, no usage",
            Calling("list_files").Capped(200).Done(), Unconfirmed, Inferred) { Withheld = [ArgumentsMissing] },
        new("No arguments, the tool requires none, nothing declared, room left by an early count",
            Calling("list_files").Capped(200).UsesSoFar(285, 5).Done(), Unconfirmed, Inferred)
            { Withheld = [ArgumentsMissing] },
        new("No arguments, the tool takes none, nothing declared, no usage (vLLM 0.8.5 granite)",
            Calling("get_random_number").Done(), Unconfirmed, Inferred)
            { Ready = ["get_random_number {}"], Notes = [CutNotExcluded] },
        new("No arguments, a tool that nobody declared",
            Calling("rm_rf").Declares("stop").Done(), Completed, Declared) { Withheld = [ArgumentsMissing] },
        new("No arguments, the tool may require one of two",
            Calling("find_person").Declares("stop").Done(), Completed, Declared) { Withheld = [ArgumentsMissing] },
        new("White space for arguments is none",
            Calling("list_files", " \n").Declares("stop").Done(), Completed, Declared) { Ready = ["list_files {}"] },
        new("Tools are told apart by case",
            Calling("List_Files").Declares("stop").Done(), Completed, Declared) { Withheld = [ArgumentsMissing] },

        // Ready, with problems: the loop answers the model.
        new("A whole call of a tool that nobody declared (vLLM 0.32.0 mistral parser on older markup)",
            Calling("[", """{"name": "get_weather"}""").Declares("stop").Done(), Completed, Declared)
            { Ready = ["""[ {"name": "get_weather"}"""] },
        new("A whole call that lacks a required argument",
            Calling("get_weather", "{}").Declares("stop").Done(), Completed, Declared) { Ready = ["get_weather {}"] },
    ];
}

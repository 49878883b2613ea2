using static VllmAdapter.Diagnostics.Certainty;
using static VllmAdapter.LengthLimit;
using static VllmAdapter.Diagnostics.OutcomeNoteKind;
using static VllmAdapter.StreamVerdict;
using static VllmAdapter.Diagnostics.WithheldReason;

namespace VllmAdapter.Tests.Outcomes;

/// <summary>One choice, the strongest evidence first.</summary>
internal static class VerdictScenarios
{
    private const string Weather = """{"city": "Paris"}""";
    private static readonly TerminationCause Custom = new("seen-enough");
    private static readonly string[] WeatherReady = [$"get_weather {Weather}"];

    private static Evidence Hello => Evidence.Of().Says("Hello");

    private static Evidence WeatherCall => Evidence.Of().Offering(Offered.GetWeather).Calls("get_weather", Weather);

    public static IEnumerable<Scenario> All =>
    [
        // The caller.
        new("The caller canceled", Hello.TerminatedBy(TerminationCause.CallerCanceled), Canceled, Observed),
        new("The caller canceled before anything came",
            Evidence.OfNothing().TerminatedBy(TerminationCause.CallerCanceled), Canceled, Observed),
        new("The caller canceled after the finish reason",
            Hello.Declares("stop").TerminatedBy(TerminationCause.CallerCanceled), Canceled, Observed),
        new("The caller canceled, whatever error came before",
            Hello.Fails().TerminatedBy(TerminationCause.CallerCanceled), Canceled, Observed),
        new("The caller canceled with a whole call in hand",
            WeatherCall.TerminatedBy(TerminationCause.CallerCanceled), Canceled, Observed) { Withheld = [StreamBroken] },
        new("The consumer left the loop", Hello.TerminatedBy(TerminationCause.ConsumerLeft), Abandoned, Observed),
        new("The consumer left after the finish reason",
            Hello.Declares("stop").TerminatedBy(TerminationCause.ConsumerLeft), Abandoned, Observed),
        new("The consumer left, whatever error came before",
            Hello.Fails().TerminatedBy(TerminationCause.ConsumerLeft), Abandoned, Observed),
        new("The consumer left with a whole call in hand",
            WeatherCall.TerminatedBy(TerminationCause.ConsumerLeft), Abandoned, Observed) { Withheld = [StreamBroken] },

        // Errors.
        new("An error event", Hello.Fails(), StreamVerdict.ServerError, Observed),
        new("An error event, then [DONE] (vLLM sends it after errors too)",
            Hello.Fails().Done(), StreamVerdict.ServerError, Observed),
        new("An error event, then an end in order without [DONE] (LiteLLM)",
            Hello.Fails().EndsInOrder(), StreamVerdict.ServerError, Observed),
        new("An error event, then silence",
            Hello.Fails().TerminatedBy(TerminationCause.IdleTimeout), StreamVerdict.ServerError, Observed),
        new("An error event, then a reset", Hello.Fails().IsCut(), StreamVerdict.ServerError, Observed),
        new("An error event after a finish reason",
            Hello.Declares("stop").Fails().Done(), StreamVerdict.ServerError, Observed),
        new("An error event, then bytes that are no JSON",
            Hello.Fails().IsGarbled(), StreamVerdict.ServerError, Observed),
        new("An error event after a whole call",
            WeatherCall.Fails().Done(), StreamVerdict.ServerError, Observed) { Withheld = [StreamBroken] },
        new("Finish reason error (gateways)", Hello.Declares("error").Done(), StreamVerdict.ServerError, Observed),
        new("Finish reason error outranks a reset",
            Hello.Declares("error").IsCut(), StreamVerdict.ServerError, Observed) { Notes = [] },
        new("Finish reason error after a whole call",
            WeatherCall.Declares("error").Done(), StreamVerdict.ServerError, Observed)
            { Withheld = [ChoiceNotFinished] },
        new("An error of the only choice", Hello.ChoiceFails().Done(), StreamVerdict.ServerError, Observed),

        // Bytes that cannot be trusted.
        new("Something other than JSON", Hello.IsGarbled(), Malformed, Observed),
        new("Something other than JSON after the finish reason",
            Hello.Declares("stop").IsGarbled(), Malformed, Observed),
        new("Something other than JSON, then a reset", Hello.IsGarbled().IsCut(), Malformed, Observed),
        new("Something other than JSON after a whole call",
            WeatherCall.IsGarbled(), Malformed, Observed) { Withheld = [StreamBroken] },
        new("Something other than JSON outranks a length", Hello.Declares("length").IsGarbled(), Malformed, Observed),

        // Silence and deadlines.
        new("Silence in the middle", Hello.TerminatedBy(TerminationCause.IdleTimeout), Stalled, Observed),
        new("Silence before the first chunk",
            Evidence.OfNothing().TerminatedBy(TerminationCause.FirstChunkTimeout), Stalled, Observed),
        new("The deadline is over", Hello.TerminatedBy(TerminationCause.Deadline), Stalled, Observed),
        new("Silence at max tokens says nothing of max tokens",
            Hello.Capped(5).UsesSoFar(9, 5).TerminatedBy(TerminationCause.IdleTimeout), Stalled, Observed),
        new("Silence after a whole call",
            WeatherCall.TerminatedBy(TerminationCause.IdleTimeout), Stalled, Observed) { Withheld = [StreamBroken] },
        new("Silence after the finish reason",
            Hello.Declares("stop").TerminatedBy(TerminationCause.IdleTimeout), Completed, Declared)
            { Notes = [EndedWithoutSentinel] },
        new("Silence after [DONE], nothing declared",
            Hello.Done().TerminatedBy(TerminationCause.IdleTimeout), Unconfirmed, Inferred),
        new("The deadline is over after [DONE], nothing declared",
            Hello.Done().TerminatedBy(TerminationCause.Deadline), Unconfirmed, Inferred),

        // The caller's own policies.
        new("The own budget",
            Hello.TerminatedBy(TerminationCause.BudgetExhausted), StoppedByPolicy, Observed) { Limit = LengthLimit.TokenBudget },
        new("A cause of the caller's own", Hello.TerminatedBy(Custom), StoppedByPolicy, Observed),
        new("A policy that waits for no reason", Hello.TerminatedBy(TerminationCause.FinishReason), StoppedByPolicy, Observed),
        new("A policy that calls another event the sentinel",
            Hello.TerminatedBy(TerminationCause.Sentinel), StoppedByPolicy, Observed),
        new("The own budget at max tokens",
            Hello.Capped(5).UsesSoFar(9, 5).TerminatedBy(TerminationCause.BudgetExhausted), StoppedByPolicy, Observed)
            { Limit = LengthLimit.TokenBudget },
        new("The own budget after a whole call",
            WeatherCall.TerminatedBy(TerminationCause.BudgetExhausted), StoppedByPolicy, Observed)
            { Limit = LengthLimit.TokenBudget, Withheld = [ChoiceNotFinished] },
        new("The own budget after the finish reason",
            Hello.Declares("stop").TerminatedBy(TerminationCause.BudgetExhausted), Completed, Declared)
            { Notes = [EndedWithoutSentinel] },
        new("A cause of the caller's own after [DONE]", Hello.Done().TerminatedBy(Custom), Unconfirmed, Inferred),

        // The transport.
        new("A reset", Hello.IsCut(), Interrupted, Observed),
        new("An end inside an event", Hello.EndsInsideAnEvent(), Interrupted, Observed),
        new("A reset at max tokens says nothing of max tokens",
            Hello.Capped(5).UsesSoFar(9, 5).IsCut(), Interrupted, Observed),
        new("A reset after a whole call", WeatherCall.IsCut(), Interrupted, Observed) { Withheld = [StreamBroken] },
        new("An end inside an event after a whole call",
            WeatherCall.EndsInsideAnEvent(), Interrupted, Observed) { Withheld = [StreamBroken] },
        new("A reset after the finish reason",
            Hello.Declares("stop").IsCut(), Completed, Declared) { Notes = [EndedWithoutSentinel] },
        new("An end inside an event after the finish reason",
            Hello.Declares("stop").EndsInsideAnEvent(), Completed, Declared) { Notes = [EndedWithoutSentinel] },
        new("The body ends after the finish reason without [DONE]",
            Hello.Declares("stop").EndsInOrder(), Completed, Declared) { Notes = [EndedWithoutSentinel] },
        new("The grace after the finish reason is over",
            Hello.Declares("stop").TerminatedBy(TerminationCause.FinishReason), Completed, Declared)
            { Notes = [EndedWithoutSentinel] },
        new("A reset after [DONE], nothing declared", Hello.Done().IsCut(), Unconfirmed, Inferred),
        new("An end inside an event after [DONE], nothing declared",
            Hello.Done().EndsInsideAnEvent(), Unconfirmed, Inferred),

        // What the server declared.
        new("Finish reason abort (vLLM 0.20.2 told to stop)",
            Hello.Declares("abort").Uses(9, 2).Done(), Aborted, Declared),
        new("Finish reason abort at max tokens", Hello.Declares("abort").Capped(5).Uses(9, 5).Done(), Aborted, Declared),
        new("Finish reason abort after a whole call",
            WeatherCall.Declares("abort").Done(), Aborted, Declared) { Withheld = [ChoiceNotFinished] },
        new("Finish reason length",
            Hello.Declares("length").Capped(5).Uses(9, 5).Done(), LengthLimited, Declared) { Limit = MaxTokens },
        new("Finish reason length without [DONE]",
            Hello.Declares("length").Capped(5).Uses(9, 5).EndsInOrder(), LengthLimited, Declared)
            { Limit = MaxTokens, Notes = [EndedWithoutSentinel] },
        new("Finish reason stop", Hello.Declares("stop").Capped(200).Uses(9, 2).Done(), Completed, Declared),
        new("Finish reason stop without usage", Hello.Declares("stop").Done(), Completed, Declared),
        new("Finish reason stop, not a word said", Evidence.Of().Declares("stop").Done(), Completed, Declared),
        new("Finish reason tool_calls",
            WeatherCall.Declares("tool_calls").Capped(200).InWindowOf(2048).Uses(285, 22).Done(), Completed, Declared)
            { Ready = WeatherReady },
        new("Finish reason function_call",
            WeatherCall.Declares("function_call").Capped(200).InWindowOf(2048).Uses(285, 22).Done(), Completed, Declared)
            { Ready = WeatherReady },
        new("Finish reason eos_token is a stop (text-generation-inference#2344)",
            Hello.Declares("eos_token").Capped(200).Uses(9, 3).Done(), Completed, Declared),
        new("Finish reason eos is a stop", Hello.Declares("eos").Capped(3).Uses(9, 3).Done(), Completed, Declared) { Notes = [EndedAtMaxTokens] },
        new("Finish reason content_filter", Hello.Declares("content_filter").Done(), StoppedByServer, Declared),
        new("Finish reason repetition (vLLM since 0.17)",
            Hello.Declares("repetition").StopsAt("repetition_detected").Done(), StoppedByServer, Declared),
        new("A stop before the answer, then the answer, and [DONE] (open-webui#23921)",
            Hello.Declares("stop").DeclaredTooEarly().Done(), Completed, Declared) { Notes = [LateOutput] },
        new("A stop before the answer, then a reset in its middle", Hello.Declares("stop").DeclaredTooEarly().IsCut(), Interrupted, Observed)
            { Notes = [LateOutput] },
        new("A stop before the answer, then silence in its middle",
            Hello.Declares("stop").DeclaredTooEarly().TerminatedBy(TerminationCause.IdleTimeout), Stalled, Observed) { Notes = [LateOutput] },
        new("A stop before the answer, then an end in order without [DONE]",
            Hello.Declares("stop").DeclaredTooEarly().EndsInOrder(), Interrupted, Inferred) { Notes = [LateOutput] },
        new("A stop before the answer, and a whole reply", Evidence.OfWholeReply().Says("Hello").Declares("stop").DeclaredTooEarly(), Completed, Declared)
            { Notes = [LateOutput] },
        new("A finish reason that nobody knows", Hello.Declares("preempted").Done(), StoppedByServer, Declared),
        new("A finish reason that nobody knows, at max tokens",
            Hello.Declares("preempted").Capped(5).Uses(9, 5).Done(), StoppedByServer, Declared),
        new("A finish reason that nobody knows after a whole call",
            WeatherCall.Declares("preempted").Done(), StoppedByServer, Declared) { Withheld = [ChoiceNotFinished] },

        // Two words for one choice.
        new("stop, then length: the worse counts",
            Hello.Declares("stop", "length").Done(), LengthLimited, Declared)
            { Limit = Unattributed, Notes = [ConflictingFinishReasons] },
        new("length, then stop: the worse counts",
            Hello.Declares("length", "stop").Done(), LengthLimited, Declared)
            { Limit = Unattributed, Notes = [ConflictingFinishReasons] },
        new("stop, then tool_calls at max tokens: the worse counts",
            Hello.Declares("stop", "tool_calls").Capped(5).Uses(9, 5).Done(), LengthLimited, Inferred)
            { Limit = MaxTokens, Notes = [ConflictingFinishReasons, CallsAnnouncedNoneCame] },
        new("stop, then error",
            Hello.Declares("stop", "error").Done(), StreamVerdict.ServerError, Observed)
            { Notes = [ConflictingFinishReasons] },

        // The masked length: tokens used up to the limit, and no word that can be believed.
        new("tool_calls at max tokens (vLLM 0.8.5 closes a cut call itself, vllm#58228)",
            WeatherCall.Declares("tool_calls").Capped(22).Uses(285, 22).Done(), LengthLimited, Inferred)
            { Limit = MaxTokens, Withheld = [ChoiceCut] },
        new("tool_calls beyond max tokens",
            WeatherCall.Declares("tool_calls").Capped(22).InWindowOf(2048).Uses(285, 23).Done(), Completed, Declared)
            { Withheld = [EndUnconfirmed], Notes = [CountBeyondMaxTokens] },
        new("stop beyond max tokens",
            WeatherCall.Declares("stop").Capped(22).Uses(285, 19_503).Done(), Completed, Declared)
            { Ready = WeatherReady, Notes = [CountBeyondMaxTokens] },
        new("stop beyond max tokens, text that spells fewer tokens", Hello.Declares("stop").Capped(200).Uses(9, 19_503).Done(), Completed, Declared)
            { Notes = [CountBeyondMaxTokens] },
        new("stop beyond max tokens, and nothing delivered", Evidence.Of().Declares("stop").Capped(200).Uses(9, 19_503).Done(), Unconfirmed, Inferred)
            { Notes = [OutputMissing, CountBeyondMaxTokens] },
        new("Nothing declared beyond max tokens", Hello.Capped(200).Uses(5, 19_503).Done(), Unconfirmed, Inferred) { Notes = [CountBeyondMaxTokens] },
        new("Nothing declared, a call beyond max tokens",
            WeatherCall.Capped(22).Uses(285, 23).Done(), Unconfirmed, Inferred) { Withheld = [EndUnconfirmed], Notes = [CountBeyondMaxTokens] },
        new("Nothing declared beyond max tokens, the window full by the same count",
            Hello.Capped(200).InWindowOf(2048).Uses(5, 19_503).Done(), Unconfirmed, Inferred) { Notes = [CountBeyondMaxTokens] },
        new("tool_calls one below max tokens",
            WeatherCall.Declares("tool_calls").Capped(22).InWindowOf(2048).Uses(285, 21).Done(), Completed, Declared)
            { Ready = WeatherReady },
        new("tool_calls at max tokens by the count next to it",
            WeatherCall.Declares("tool_calls").Capped(22).UsesAtTheEnd(285, 22).Done(), LengthLimited, Inferred)
            { Limit = MaxTokens, Withheld = [ChoiceCut] },
        new("Nothing declared at max tokens (vLLM 0.8.5)",
            Hello.Capped(5).Uses(9, 5).Done(), LengthLimited, Inferred) { Limit = MaxTokens },
        new("Nothing declared at max tokens, no word delivered",
            Evidence.Of().Capped(5).Uses(9, 5).Done(), LengthLimited, Inferred) { Limit = MaxTokens },
        new("Nothing declared at max tokens, a call open",
            Evidence.Of().Calls("get_weather", """{"city": "Pa""").Capped(5).Uses(9, 5).Done(), LengthLimited, Inferred)
            { Limit = MaxTokens, Withheld = [ChoiceCut] },
        new("Nothing declared, the window full",
            Hello.InWindowOf(2048).Uses(1811, 237).Done(), LengthLimited, Inferred) { Limit = ContextWindow },
        new("tool_calls, the window full",
            WeatherCall.Declares("tool_calls").Capped(1500).InWindowOf(2048).Uses(1811, 237).Done(), LengthLimited, Inferred)
            { Limit = ContextWindow, Withheld = [ChoiceCut] },
        new("tool_calls, one token of the window left",
            WeatherCall.Declares("tool_calls").Capped(1500).InWindowOf(2048).Uses(1811, 236).Done(), Completed, Declared)
            { Ready = WeatherReady },
        new("stop at max tokens is believed: vLLM looks for the end token first",
            Hello.Declares("stop").Capped(3).Uses(9, 3).Done(), Completed, Declared) { Notes = [EndedAtMaxTokens] },
        new("stop with the window full is believed",
            Hello.Declares("stop").InWindowOf(12).Uses(9, 3).Done(), Completed, Declared),
        new("function_call at max tokens is no more believed than tool_calls",
            WeatherCall.Declares("function_call").Capped(22).Uses(285, 22).Done(), LengthLimited, Inferred)
            { Limit = MaxTokens, Withheld = [ChoiceCut] },
        new("function_call, the window full",
            WeatherCall.Declares("function_call").Capped(1500).InWindowOf(2048).Uses(1811, 237).Done(), LengthLimited, Inferred)
            { Limit = ContextWindow, Withheld = [ChoiceCut] },
        new("tool_calls at max tokens of the server's own that the caller named",
            WeatherCall.Declares("tool_calls").CappedByTheServer(22).InWindowOf(2048).Uses(285, 22).Done(), LengthLimited, Inferred)
            { Limit = ServerMaxTokens, Withheld = [ChoiceCut] },
        new("tool_calls below max tokens of the server's own that the caller named",
            WeatherCall.Declares("tool_calls").CappedByTheServer(22).InWindowOf(2048).Uses(285, 21).Done(), Completed, Declared)
            { Ready = WeatherReady },
        new("Nothing declared at max tokens of the server's own that the caller named",
            Hello.CappedByTheServer(5).Uses(9, 5).Done(), LengthLimited, Inferred) { Limit = ServerMaxTokens },

        // Output that the server lost.
        new("stop, tokens counted, nothing delivered (vLLM 0.32.0 phi4_mini_json)",
            Evidence.Of().Declares("stop").Capped(200).Uses(285, 26).Done(), Unconfirmed, Inferred)
            { Notes = [OutputMissing] },
        new("tool_calls, tokens counted, nothing delivered",
            Evidence.Of().Declares("tool_calls").Capped(200).Uses(285, 26).Done(), Unconfirmed, Inferred)
            { Notes = [OutputMissing] },
        new("stop, three tokens counted, nothing delivered",
            Evidence.Of().Declares("stop").Uses(9, 3).Done(), Unconfirmed, Inferred) { Notes = [OutputMissing] },
        new("stop, two tokens counted, nothing delivered: an end token at once",
            Evidence.Of().Declares("stop").Uses(9, 2).Done(), Completed, Declared),
        new("stop, three tokens counted, only reasoning delivered",
            Evidence.Of().Reasons("Hm.").Declares("stop").Uses(9, 3).Done(), Completed, Declared) { Notes = [OutcomeNoteKind.NoAnswer] },
        new("A stop string was met at once",
            Evidence.Of().Declares("stop").StopsAt("\n").Uses(9, 3).Done(), Completed, Declared),
        new("The request hid the reasoning",
            Evidence.Of().HidesReasoning().Declares("stop").Uses(9, 3).Done(), Completed, Declared),

        // Output that the server lost in part: a token that is not special spells at least one byte.
        new("stop, 88 tokens counted, two bytes delivered (vLLM 0.8.5)",
            Evidence.Of().Says("\n\n").Declares("stop").Capped(200).Uses(285, 88).Done(), Unconfirmed, Inferred) { Notes = [OutputMissing] },
        new("tool_calls, 88 tokens counted, two bytes delivered and no call",
            Evidence.Of().Says("\n\n").Declares("tool_calls").Uses(285, 88).Done(), Unconfirmed, Inferred)
            { Notes = [OutputMissing, CallsAnnouncedNoneCame] },
        new("The same of a whole reply",
            Evidence.OfWholeReply().Says("\n\n").Declares("stop").Uses(285, 88), Unconfirmed, Inferred) { Notes = [OutputMissing] },
        new("Seventeen tokens more than bytes", Hello.Declares("stop").Uses(9, 22).Done(), Unconfirmed, Inferred) { Notes = [OutputMissing] },
        new("Sixteen tokens more than bytes: special ones spell nothing", Hello.Declares("stop").Uses(9, 21).Done(), Completed, Declared),
        new("Bytes count, not characters", Evidence.Of().Says("日本").Declares("stop").Uses(9, 22).Done(), Completed, Declared),
        new("Reasoning counts too", Evidence.Of().Reasons("Hmm. ").Says("Hello").Declares("stop").Uses(9, 26).Done(), Completed, Declared),
        new("A refusal spells tokens", Evidence.Of().Declines("No.").Declares("stop").Uses(9, 30).Done(), Completed, Declared) { Notes = [Refused] },
        new("A call came: what it spelt is not known", WeatherCall.Declares("stop").Uses(9, 900).Done(), Completed, Declared) { Ready = WeatherReady },
        new("Audio came: what it is worth is not known", Evidence.Of().Sounds().Declares("stop").Uses(9, 900).Done(), Completed, Declared),
        new("A stop string was met, and is not delivered", Hello.Declares("stop").StopsAt("END").Uses(9, 12).Done(), Completed, Declared),
        new("The request hid the reasoning, and text came", Hello.HidesReasoning().Declares("stop").Uses(9, 90).Done(), Completed, Declared),
        new("The request went on past the end token (recorded: 12 tokens, \"abc\")",
            Evidence.Of().Says("abc").IgnoresTheEndToken().Declares("stop").Uses(9, 12).Done(), Completed, Declared),
        new("The request left special tokens out", Evidence.Of().Says("abc").SkipsSpecialTokens().Declares("stop").Uses(9, 12).Done(), Completed, Declared),
        new("Nothing declared, 88 tokens counted, two bytes delivered",
            Evidence.Of().Says("\n\n").Uses(285, 88).Done(), Unconfirmed, Inferred) { Notes = [OutputMissing] },
        new("The model declined a call that was required",
            Evidence.Of().MustCall().Declines("I can't help.").Declares("stop").Uses(9, 9).Done(), Completed, Declared) { Notes = [Refused] },
        new("A call was required, and text came (vLLM 0.8.5 with text that is not the expected JSON)",
            Hello.MustCall().Declares("stop").Uses(9, 2).Done(), Unconfirmed, Inferred)
            { Notes = [OutputMissing] },
        new("A call was required, and nothing came (vLLM 0.32.0 granite)",
            Evidence.Of().MustCall().Declares("stop").Uses(285, 26).Done(), Unconfirmed, Inferred)
            { Notes = [OutputMissing] },
        new("A call was required, a stop string was met, and none came",
            Evidence.Of().MustCall().Declares("stop").StopsAt("\n").Uses(9, 1).Done(), Unconfirmed, Inferred)
            { Notes = [OutputMissing] },
        new("A call was required and came",
            WeatherCall.MustCall().Declares("stop").Uses(9, 12).Done(), Completed, Declared) { Ready = WeatherReady },
        new("A call was required, and the length cut the answer before it",
            Hello.MustCall().Declares("length").Capped(5).Uses(9, 5).Done(), LengthLimited, Declared)
            { Limit = MaxTokens },
        new("tool_calls declared, and only text came",
            Hello.Declares("tool_calls").Capped(200).Uses(9, 2).Done(), Completed, Declared)
            { Notes = [CallsAnnouncedNoneCame] },

        // Nothing declared.
        new("[DONE], nothing declared: the story", Hello.Capped(200).Uses(9, 2).Done(), Unconfirmed, Inferred),
        new("[DONE], only reasoning, nothing declared", Evidence.Of().Reasons("Hm.").Done(), Unconfirmed, Inferred) { Notes = [OutcomeNoteKind.NoAnswer] },

        // An end in order without a reason and without the sentinel is a cut: Caddy before 2.8, HAProxy towards HTTP/2 clients, lighttpd and
        // Portkey close a stream like that which was cut behind them (caddyserver/caddy#5952).
        new("An end in order, neither a reason nor [DONE]", Hello.EndsInOrder(), Interrupted, Inferred),
        new("An end in order, neither a reason nor [DONE], usage in hand", Hello.Capped(200).UsesSoFar(9, 2).EndsInOrder(), Interrupted, Inferred),
        new("An end in order, neither a reason nor [DONE], only reasoning", Evidence.Of().Reasons("Hm.").EndsInOrder(), Interrupted, Inferred),
        new("An end in order, neither a reason nor [DONE], a whole call",
            WeatherCall.EndsInOrder(), Interrupted, Inferred) { Withheld = [StreamBroken] },
        new("An end in order at max tokens, neither a reason nor [DONE]", Hello.Capped(5).Uses(9, 5).EndsInOrder(), LengthLimited, Inferred)
            { Limit = MaxTokens },
        new("An end in order of a server that marks none", Hello.MarksNoEnd().EndsInOrder(), Unconfirmed, Inferred),
        new("An end in order of a server that marks none, a whole call",
            WeatherCall.MarksNoEnd().EndsInOrder(), Unconfirmed, Inferred) { Withheld = [EndUnconfirmed] },
        new("An end in order of a server that marks none, a call open",
            Evidence.Of().Calls("get_weather", "{").MarksNoEnd().EndsInOrder(), Interrupted, Inferred) { Withheld = [ChoiceNotFinished] },
        new("A call's JSON still open, a clean end",
            Evidence.Of().Calls("get_weather", """{"city": "Pa""").EndsInOrder(), Interrupted, Inferred)
            { Withheld = [StreamBroken] },
        new("A call's JSON still open, [DONE]",
            Evidence.Of().Calls("get_weather", """{"city": "Pa""").Done(), Interrupted, Inferred)
            { Withheld = [ChoiceNotFinished] },
        new("A call's JSON still open after a whole one",
            WeatherCall.Calls("get_weather", """{"city": """, id: "call-2").Done(), Interrupted, Inferred)
            { Withheld = [ChoiceNotFinished, ChoiceNotFinished] },
        new("No output at all, a clean end", Evidence.Of().EndsInOrder(), Interrupted, Inferred),
        new("No output at all, [DONE]", Evidence.Of().Uses(9, 10).Done(), Interrupted, Inferred),
        new("Not a single chunk, a clean end", Evidence.OfNothing().EndsInOrder(), Interrupted, Inferred),
        new("Not a single chunk, [DONE]", Evidence.OfNothing().Done(), Interrupted, Inferred),

        new("[DONE], nothing declared, a call was required and only text came",
            Hello.MustCall().Done(), Unconfirmed, Inferred) { Notes = [OutputMissing] },

        // Replies that came whole.
        new("A whole reply with stop",
            Evidence.OfWholeReply().Says("Hello").Declares("stop").Capped(200).Uses(9, 2), Completed, Declared),
        new("A whole reply with tool_calls",
            Evidence.OfWholeReply().Calls("get_weather", Weather).Offering(Offered.GetWeather).Declares("tool_calls").Capped(200).InWindowOf(2048).Uses(9, 2), Completed, Declared)
            { Ready = WeatherReady },
        new("A whole reply with tool_calls at max tokens (vLLM 0.32.0 granite: save_plan {} at 14 of 14)",
            Evidence.OfWholeReply().Calls("save_plan", "{}").Declares("tool_calls").Capped(14).Uses(285, 14), LengthLimited, Inferred)
            { Limit = MaxTokens, Withheld = [ChoiceCut] },
        new("A whole reply with length",
            Evidence.OfWholeReply().Says("Hello").Declares("length").Capped(5).Uses(9, 5), LengthLimited, Declared)
            { Limit = MaxTokens },
        new("A whole reply without a reason", Evidence.OfWholeReply().Says("Hello"), Unconfirmed, Inferred),
        new("A whole reply without anything", Evidence.OfWholeReply(), Interrupted, Inferred),
        new("A whole reply that was cut", Evidence.OfWholeReply().Says("Hello").IsCut(), Interrupted, Observed),
    ];
}

using static VllmAdapter.Testing.ScenarioRows;

namespace VllmAdapter.Testing;

/// <summary>Token limits: reached and said, reached and hidden, and not reached at all.</summary>
internal static class LimitScenarios
{
    private const string Trip = """{"title": "Trip"}""";
    private static readonly ChatRequest Three = Ask.Text.CappedAt(3);
    private static readonly ChatRequest TwentyTwo = Ask.Tools.CappedAt(22);

    public static IReadOnlyList<Scenario> Rows { get; } =
    [
        Row("length at max tokens", "recorded 0.32.0", Three, Script.Says("Hel", "lo", ".").Finishes("length").Uses(10, 3).Done(), Ends.Length(LengthLimit.MaxTokens, "Hello.").Leaves(BudgetState.Available)),
        Text("length below max tokens, the window not known", "recorded 0.32.0", Script.Says("Hello.").Finishes("length").Uses(10, 150).Done(), Ends.Length(LengthLimit.Unattributed, "Hello.")),
        Text("more tokens counted than were allowed, nothing declared", "opencode#1122, litellm#35711", Script.Says("Hello.").Uses(5, 19_503).Done(), Ends.Unconfirmed("Hello.").Notes(OutcomeNoteKind.CountBeyondMaxTokens).Leaves(BudgetState.Indeterminate)),
        Text("length without usage", "pi#5793, vllm-swift#19", Script.Says("Hello.").Finishes("length").Done(), Ends.Length(LengthLimit.Unattributed, "Hello.").Leaves(BudgetState.Indeterminate)),
        Row("length while reasoning", "litellm-docs#559, omlx#2817", Three, Script.Reasons("Let", " me", " see").Finishes("length").Uses(10, 3, reasoning: 3).Done(), Ends.Length(LengthLimit.MaxTokens).Notes(OutcomeNoteKind.AllReasoning) with { Reasoning = "Let me see" }),
        Row("no finish reason at max tokens", "vllm#58228", Three, Script.Says("Hel", "lo", ".").Uses(10, 3).Done(), Ends.HiddenLength("Hello.")),
        Row("stop at max tokens is believed", "recorded 0.32.0", Three, Script.Says("Hel", "lo.").Finishes("stop").Uses(10, 3).Done(), Ends.Completed("Hello.").Notes(OutcomeNoteKind.EndedAtMaxTokens)),
        Row("tool_calls at max tokens, arguments open", "vllm#58228, vllm#53269, hermes#7693", TwentyTwo, Script.Calls("save_plan", "{\"title\":", " \"Trip").Finishes("tool_calls").Uses(20, 22).Done(), Ends.HiddenLength().Withholds(WithheldReason.ChoiceCut)),
        Row("tool_calls at max tokens, arguments closed by the server", "recorded 0.8.5, recorded 0.11.0", TwentyTwo, Script.Calls("save_plan", Trip).Finishes("tool_calls").Uses(20, 22).Done(), Ends.HiddenLength().Withholds(WithheldReason.ChoiceCut)),
        Row("tool_calls at max tokens, cut between two calls", "vllm#58228", TwentyTwo, Script.Calls("get_weather", """{"city": "Paris"}""").Calls("save_plan", Trip).Finishes("tool_calls").Uses(20, 22).Done(), Ends.HiddenLength().Withholds(WithheldReason.ChoiceCut, WithheldReason.ChoiceCut)),
        Row("tool_calls at max tokens, nothing but a name", "vllm#46303", TwentyTwo, Script.Calls("save_plan").Finishes("tool_calls").Uses(20, 22).Done(), Ends.HiddenLength().Withholds(WithheldReason.ChoiceCut)),
        Row("length with an empty argument object", "recorded 0.32.0", TwentyTwo, Script.Calls("save_plan", "{}").Finishes("length").Uses(20, 22).Done(), Ends.Length(LengthLimit.MaxTokens).Withholds(WithheldReason.ChoiceCut)),
        Row("length with the call as raw text", "vllm#47903, ogx#2111", TwentyTwo, Script.Says("<tool_call>{\"name\":").Finishes("length").Uses(20, 22).Done(), Ends.Length(LengthLimit.MaxTokens, "<tool_call>{\"name\":")),
        Row("a whole reply with tool_calls at max tokens", "recorded 0.32.0", Ask.Whole.CappedAt(14), Script.Calls("save_plan", "{}").Finishes("tool_calls").Uses(20, 14), Ends.HiddenLength().Withholds(WithheldReason.ChoiceCut)),
        Tools("tool_calls without usage cannot exclude a cut", "vllm#58228", Script.Calls("get_weather", """{"city": "Paris"}""").Finishes("tool_calls").Done(), Ends.Completed().Ready(Ends.Paris).Notes(OutcomeNoteKind.CutNotExcluded)),
        Tools("tool_calls below max tokens with broken arguments is no cut", "hermes#83229", Script.Calls("get_weather", "{\"city\": Paris}").Finishes("tool_calls").Uses(20, 12).Done(), Ends.Completed().Withholds(WithheldReason.ArgumentsMalformed)),
        Text("stop after nothing but thoughts", "vllm#55420, vllm#40816", Script.Reasons("Let", " me", " see").Finishes("stop").Uses(10, 4, reasoning: 3).Done(), Ends.Completed().Notes(OutcomeNoteKind.NoAnswer) with { Reasoning = "Let me see" }),
        Text("a count on every chunk, then a cut", "pydantic-ai#7913", Script.Says("Hel", "lo.").CountsEveryChunk(10).Cuts(), Ends.Cut("Hello.").Leaves(BudgetState.Available)).NotOverHttp2(),
        Text("usage that counts nothing is no usage", "llmr#10, Spring AI#1307", Script.Says("Hello.").Finishes("stop").Uses(0, 0).Done(), Ends.Completed("Hello.").Notes(OutcomeNoteKind.UsageMissing).Leaves(BudgetState.Indeterminate)),
        Text("the prompt does not fit", "recorded 0.32.0", Script.Refuses(400, "This model's maximum context length is 2048 tokens. However, your prompt contains at least 2049 input tokens, which does not leave room. (parameter=input_tokens, value=2049)", param: "input_tokens"), Ends.Fails(RequestFailure.ContextWindowExceeded)),
        Text("prompt and max tokens do not fit together", "recorded 0.8.5, ogx#4534", Script.Refuses(400, "This model's maximum context length is 2048 tokens. However, you requested 3311 tokens (1811 in the messages, 1500 in the completion). Please reduce the length of the messages or completion."), Ends.Fails(RequestFailure.ContextWindowExceeded)).From(VllmProfile.V0_8),
    ];
}

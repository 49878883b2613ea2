using static VllmAdapter.Testing.ScenarioRows;

namespace VllmAdapter.Testing;

/// <summary>Chunks of unusual shape, and several choices.</summary>
internal static class ShapeScenarios
{
    private static readonly ExpectedEnd Whole = Ends.Completed("Hello.");

    public static IReadOnlyList<Scenario> Rows { get; } =
    [
        Text("a first chunk without choices", "llama-stack#1277, Azure", Script.Event("""{"id":"","choices":[],"prompt_filter_results":[]}""").Says("Hello.").Finishes("stop").Uses(10, 3).Done(), Whole),
        Text("a usage chunk in mid-stream", "llama-stack, ogx#2114", Script.Says("Hel").Uses(10, 1).Says("lo.").Finishes("stop").Uses(10, 3).Done(), Whole.Leaves(BudgetState.Available)),
        Text("choices that are null", "Roo-Code#9105", Script.Event("""{"id":"chatcmpl-1","choices":null}""").Says("Hello.").Finishes("stop").Done(), Whole),
        Text("a delta that is null", "pydantic-ai#5165", Script.Event("""{"id":"chatcmpl-1","choices":[{"index":0,"delta":null,"finish_reason":null}]}""").Says("Hello.").Finishes("stop").Done(), Whole),
        Text("fields of odd types", "dotnet/extensions#7219", Event("""{"role":7,"content":"Hello.","tool_calls":"none"}""").Finishes("stop").Done(), Whole.Notes(OutcomeNoteKind.OddFields)),
        Text("no role", "vercel/ai", Script.Says("Hello.").Finishes("stop").WithoutRole().Done(), Whole),
        Text("the role in every chunk", "vercel/ai", Event("""{"role":"assistant","content":"Hel"}""").Event("""{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"role":"","content":"lo."},"finish_reason":"stop"}]}""").Done(), Whole),
        Text("no finish_reason field until the end, usage on an empty delta", "recorded LiteLLM 1.106.2", Script.Event("""{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"Hello."}}]}""").Event("""{"id":"chatcmpl-1","choices":[{"index":0,"finish_reason":"stop","delta":{}}]}""").Event("""{"id":"chatcmpl-1","choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13}}""").Done(), Whole.Leaves(BudgetState.Available)),
        Text("an empty list of calls is no call", "recorded 0.20.2", Script.Says("Hello.").Finishes("stop").Done(), Whole).From(VllmProfile.V0_20),
        Text("reasoning in reasoning_content", "recorded 0.8.5, vllm#51641", Script.Reasons("Let", " me see.").Says("Hello.").Finishes("stop").Done(), Whole with { Reasoning = "Let me see." }).From(VllmProfile.V0_8),
        Text("a count on every chunk is no sum", "sglang#12241", Script.Says("Hel", "lo.").Finishes("stop").CountsEveryChunk(10).Uses(10, 2).Done(), Whole.Leaves(BudgetState.Available)),
        Text("usage that is null after the real one", "pydantic-ai#7913", Script.Says("Hello.").Finishes("stop").Uses(10, 3).Event("""{"id":"chatcmpl-1","choices":[],"usage":null}""").Done(), Whole.Leaves(BudgetState.Available)),
        Text("an id that changes on the way", "litellm#32835", Event("""{"content":"Hel"}""").Event("""{"id":"chatcmpl-2","choices":[{"index":0,"delta":{"content":"lo."},"finish_reason":"stop"}]}""").Done(), Whole.Notes(OutcomeNoteKind.ResponseIdChanged)),
        Text("a choice that nobody asked for", "openai-node", Script.Says("Hello.").Choice(7).Says("Bye.").Choice(0).Finishes("stop").Choice(7).Finishes("stop").Done(), Whole.Notes(OutcomeNoteKind.UnexpectedChoices)),
        Row("two choices in turn, ends at the end", "openai-python#434", Ask.Two, Script.Says("Hel").Choice(1).Says("Bye.").Choice(0).Says("lo.").Finishes("stop").Choice(1).Finishes("stop").Uses(10, 6).Done(), Whole.Choices(StreamVerdict.Completed, StreamVerdict.Completed)),
        Row("three choices, three ends", "dotnet/extensions#5680", Ask.Text with { ChoiceCount = 3 }, Script.Says("Hello.").Choice(1).Says("By").Choice(2).Says("And").Choice(0).Finishes("stop").Choice(1).Finishes("length").Done(), Ends.Length(LengthLimit.Unattributed, "Hello.").Choices(StreamVerdict.Completed, StreamVerdict.LengthLimited, StreamVerdict.Unconfirmed)),
        Row("two choices, only the first declares", "recorded LiteLLM 1.106.2", Ask.Two, Script.Says("Hello.").Choice(1).Says("Bye.").Choice(0).Finishes("stop").Uses(10, 6).Done(), Ends.Unconfirmed("Hello.").Choices(StreamVerdict.Completed, StreamVerdict.Unconfirmed)),
        Row("two choices, one never comes", "dotnet/extensions#5680", Ask.Two, Script.Says("Hello.").Finishes("stop").Uses(10, 3).Done(), Ends.Broken("Hello.").Choices(StreamVerdict.Completed, StreamVerdict.Interrupted)),
        Row("two choices, the second's call has no name", "recorded 0.8.5, recorded 0.11.0", Ask.Tools with { ChoiceCount = 2 }, Script.Calls("get_weather", """{"city": "Paris"}""").Choice(1).CallDelta(0, "b", arguments: """{"city": "Rome"}""").Choice(0).Finishes("tool_calls").Choice(1).Finishes("tool_calls").Uses(20, 24).Done(), Ends.Completed().Ready(Ends.Paris).Withholds(WithheldReason.NameMissing)),
        Row("hidden reasoning is no missing output", "recorded 0.32.0", Ask.Text with { Reasoning = new ReasoningSettings { Include = false } }, Script.Finishes("stop").Uses(10, 12).Done(), Ends.Completed()),
    ];

    private static ScriptedReply Event(string delta) =>
        Script.Event($$"""{"id":"chatcmpl-1","choices":[{"index":0,"delta":{{delta}},"finish_reason":null}]}""");
}

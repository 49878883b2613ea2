using static VllmAdapter.Testing.ScenarioRows;

namespace VllmAdapter.Testing;

/// <summary>Tool calls, whole and damaged. A damaged one is never ready.</summary>
internal static class ToolCallScenarios
{
    private const string Paris = """{"city": "Paris"}""";
    private const string Rome = """{"city": "Rome"}""";

    public static IReadOnlyList<Scenario> Rows { get; } =
    [
        Tools("a call, tool_calls, usage, sentinel", "recorded 0.32.0", Calling("{\"city\":", " \"Par", "is\"}"), Ends.Completed().Ready(Ends.Paris)),
        Tools("a whole call of a tool without arguments, no finish reason", "ogx#2113, recorded 0.8.5", Script.Calls("get_random_number").Uses(20, 5).Done(), Ends.Unconfirmed().Ready(Ends.RandomNumber).Leaves(BudgetState.Available)),
        Tools("a whole call, no finish reason, no sentinel", "ogx#2113", Script.Calls("get_weather", Paris), Ends.Broken().Withholds(WithheldReason.StreamBroken)),
        Tools("a whole call, tool_calls, no sentinel, no usage", "ogx#2113", Script.Calls("get_weather", Paris).Finishes("tool_calls"), Ends.Completed().Withholds(WithheldReason.EndUnconfirmed)),
        Tools("arguments open where the body ends", "cline#13015", Script.Calls("get_weather", "{\"city\": \"Par"), Ends.Broken().Withholds(WithheldReason.StreamBroken)),
        Tools("arguments open where the connection is cut", "cline#13015", Script.Calls("get_weather", "{\"city\": \"Par").Cuts(), Ends.Cut().Withholds(WithheldReason.StreamBroken)).NotOverHttp2(),
        Tools("a whole call, then the connection is cut", "langchainjs#11469", Script.Calls("get_weather", Paris).Cuts(), Ends.Cut().Withholds(WithheldReason.StreamBroken)).NotOverHttp2(),
        Tools("a whole call, then an error", "recorded 0.32.0", Script.Calls("get_weather", Paris).Fails().Done(), Ends.ServerError().Withholds(WithheldReason.StreamBroken)),
        Tools("a whole call, then abort", "vllm#57082", Script.Calls("get_weather", Paris).Finishes("abort").Uses(20, 12).Done(), Ends.Aborted().Withholds(WithheldReason.ChoiceNotFinished)),
        Tools("a whole call, then silence", "recorded 0.32.0", Script.Calls("get_weather", Paris).GoesSilent().InOnePiece(), Ends.Stalled().Withholds(WithheldReason.StreamBroken)).ImpatientBetweenChunks(),
        Tools("the last arguments in the finish chunk", "ogx#2111", Script.Calls("get_weather", "{\"city\":").Finishes("tool_calls", arguments: " \"Paris\"}").Uses(20, 12).Done(), Ends.Completed().Ready(Ends.Paris)),
        Row("a named tool ends with stop", "vllm serving.py, recorded 0.32.0", Ask.Weather, Script.Calls("get_weather", Paris).Finishes("stop").Uses(20, 12).Done(), Ends.Completed().Ready(Ends.Paris)),
        Row("a named tool's name in every delta, no id", "recorded 0.8.5", Ask.Weather, Script.CallDelta(0, name: "get_weather", arguments: "{\"city\":").CallDelta(0, name: "get_weather", arguments: " \"Paris\"}").Finishes("stop").Uses(20, 12).Done(), Ends.Completed().Ready(Ends.Paris)),
        Row("a required call that never came", "recorded 0.32.0", Ask.AnyTool, Script.Finishes("stop").Uses(20, 26).Done(), Ends.Unconfirmed().Notes(OutcomeNoteKind.OutputMissing)),
        Tools("parallel calls that all have index 0", "ollama#15457, dynamo#4723", Script.CallDelta(0, "a", "get_weather", Paris).CallDelta(0, "b", "get_weather", Rome).Finishes("tool_calls").Uses(20, 24).Done(), Ends.Completed().Ready(Ends.Paris, Ends.Rome)),
        Tools("calls without an index", "openai-python#2806, ollama#7881", Script.CallDelta(null, "a", "get_weather", Paris).CallDelta(null, "b", "get_weather", Rome).Finishes("tool_calls").Uses(20, 24).Done(), Ends.Completed().Ready(Ends.Paris, Ends.Rome)),
        Tools("a continuation under another index", "dirac#215", Script.CallDelta(0, "a", "get_weather").CallDelta(1, arguments: Paris).Finishes("tool_calls").Uses(20, 12).Done(), Ends.Completed().Withholds(WithheldReason.ArgumentsMissing, WithheldReason.NameMissing)),
        Tools("fragments of two calls in turn", "continue#13223", Script.CallDelta(0, "a", "get_weather").CallDelta(1, "b", "get_weather").CallDelta(0, arguments: "{\"city\":").CallDelta(1, arguments: "{\"city\":").CallDelta(0, arguments: " \"Paris\"}").CallDelta(1, arguments: " \"Rome\"}").Finishes("tool_calls").Uses(20, 24).Done(), Ends.Completed().Ready(Ends.Paris, Ends.Rome)),
        Tools("an empty id on a continuation", "Spring AI", Script.CallDelta(0, "a", "get_weather", "{\"city\":").CallDelta(0, "", arguments: " \"Paris\"}").Finishes("tool_calls").Uses(20, 12).Done(), Ends.Completed().Ready(Ends.Paris)),
        Tools("no id at all", "Microsoft.Extensions.AI.OpenAI", Script.CallsAs(null, "get_weather", Paris).Finishes("tool_calls").Uses(20, 12).Done(), Ends.Completed().Ready(Ends.Paris)),
        Tools("a name that comes late", "vercel/ai", Script.CallDelta(0, "a").CallDelta(0, name: "get_weather").CallDelta(0, arguments: Paris).Finishes("tool_calls").Uses(20, 12).Done(), Ends.Completed().Ready(Ends.Paris)),
        Tools("a first fragment that is null", "ogx#5464", Call("""{"index":0,"id":"a","type":"function","function":{"name":"get_weather","arguments":null}}""").CallDelta(0, arguments: Paris).Finishes("tool_calls").Uses(20, 12).Done(), Ends.Completed().Ready(Ends.Paris)),
        Tools("arguments that are an object, not text", "RageAgainstThePixel#317", Call("""{"index":0,"id":"a","type":"function","function":{"name":"get_weather","arguments":{"city":"Paris"}}}""").Finishes("tool_calls").Uses(20, 12).Done(), Ends.Completed().Ready(Ends.Paris)),
        Tools("arguments encoded twice", "ogx#2114", Calling("\"{\\\"city\\\": \\\"Paris\\\"}\""), Ends.Completed().Withholds(WithheldReason.ArgumentsNotAnObject)),
        Tools("a whole object, and then the same again", "recorded 0.8.5", Calling(Paris, Paris), Ends.Completed().Withholds(WithheldReason.ArgumentsMalformed)),
        Tools("an empty object that was only the beginning", "vercel/ai#13137", Calling("{}", Paris), Ends.Completed().Withholds(WithheldReason.ArgumentsMalformed)),
        Tools("the end of reasoning inside the arguments", "vllm#44676", Calling("{\"city\": </think>\"Paris\"}"), Ends.Completed().Withholds(WithheldReason.ArgumentsMalformed)),
        Tools("a closing brace that was lost", "recorded 0.8.5", Calling("{\"city\": \"Paris\"\n"), Ends.Completed().Withholds(WithheldReason.ArgumentsOpen)),
        Tools("arguments that were lost", "recorded 0.11.0", Calling(), Ends.Completed().Withholds(WithheldReason.ArgumentsMissing)),
        Tools("arguments that end in a line end", "recorded 0.11.0", Calling(Paris + "\n"), Ends.Completed().Ready(Ends.Paris)),
        Tools("a required argument missing, with room left", "vllm#46303", Calling("{}"), Ends.Completed().Ready(new ExpectedCall("get_weather", "{}", HasProblems: true))),
        Tools("a tool that nobody declared", "dotnet/extensions#7219", Script.Calls("launch_rocket", "{}").Finishes("tool_calls").Uses(20, 5).Done(), Ends.Completed().Ready(new ExpectedCall("launch_rocket", "{}", HasProblems: true))),
        Tools("a call list in the name of a tool", "recorded 0.32.0", Script.Calls("[", """{"calls": []}""").Finishes("tool_calls").Uses(20, 12).Done(), Ends.Completed().Ready(new ExpectedCall("[", """{"calls": []}""", HasProblems: true))),
        Tools("a call without a name", "recorded 0.8.5, recorded 0.11.0", Script.CallDelta(0, "a", arguments: Paris).Finishes("tool_calls").Uses(20, 12).Done(), Ends.Completed().Withholds(WithheldReason.NameMissing)),
        Tools("a call that is only text", "vllmchatclient", Script.Says("<tool_call>{\"name\": \"get_weather\"}</tool_call>").Finishes("stop").Uses(20, 12).Done(), Ends.Completed("<tool_call>{\"name\": \"get_weather\"}</tool_call>")),
        Tools("tool_calls, but no call", "recorded 0.32.0", Script.Says("Sunny.").Finishes("tool_calls").Uses(20, 4).Done(), Ends.Completed("Sunny.").Notes(OutcomeNoteKind.CallsAnnouncedNoneCame)),
        Tools("function_call for tool_calls", "OpenAI API reference", Script.Calls("get_weather", Paris).Finishes("function_call").Uses(20, 12).Done(), Ends.Completed().Ready(Ends.Paris)),
    ];

    private static ScriptedReply Calling(params string[] fragments) => Script.Calls("get_weather", fragments).Finishes("tool_calls").Uses(20, 12).Done();

    private static ScriptedReply Call(string json) =>
        Script.Event($$$"""{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"tool_calls":[{{{json}}}]},"finish_reason":null}]}""");
}

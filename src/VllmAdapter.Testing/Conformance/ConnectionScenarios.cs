using static VllmAdapter.Testing.ScenarioRows;

namespace VllmAdapter.Testing;

/// <summary>Connections that break, and servers that keep silent.</summary>
internal static class ConnectionScenarios
{
    private static readonly ScriptedReply Hello = Script.Says("Hel", "lo.");
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(20);

    public static IReadOnlyList<Scenario> Rows { get; } =
    [
        Text("the connection is cut", "betalgo#209, preloop#117, recorded 0.32.0", Hello.Cuts(), Ends.Cut("Hello.").Leaves(BudgetState.Indeterminate)).NotOverHttp2(),
        Text("the connection is reset", "litellm#40404", Hello.Resets(), Ends.Cut("Hello.").Leaves(BudgetState.Indeterminate)).NotOverHttp2(),
        Text("the connection is cut before the first event", "Roo-Code#11303", Script.Cuts(), Ends.Cut()).NotOverHttp2(),
        Text("the connection is cut inside a whole reply", "vllm-router", Hello.Finishes("stop").Uses(10, 3).Whole().Cuts(), Ends.Cut() with { Text = null }).NotOverHttp2(),
        Text("the connection is reset before the headers", "coddy#298", Script.Resets().BeforeHeaders(), Ends.Fails(RequestFailure.ConnectionFailed)),
        Text("the body is cut inside an event", "inference-perf#530", Hello.Sends("data: {\"id\": \"chatcmpl-1\", \"cho").Cuts(), Ends.Cut("Hello.")).NotOverHttp2(),
        Text("headers, then silence", "litellm#5859, CLIProxyAPI#2447", Script.GoesSilent(), Ends.Stalled()).ImpatientForTheFirstChunk(),
        Text("headers, then nothing but keep-alives", "openhuman#4763", Beating(Script.Empty).GoesSilent(), Ends.Stalled()).ImpatientForTheFirstChunk(),
        Text("no headers", "OllamaSharp#223, semantic-kernel#5310", Hello.HeadersAfter(TimeSpan.FromMinutes(10)), Ends.Fails(RequestFailure.Timeout)).ImpatientForHeaders(),
        Text("text, then silence", "opencode#37580, openai-dotnet#744, recorded 0.32.0", Hello.GoesSilent().InOnePiece(), Ends.Stalled("Hello.").Leaves(BudgetState.Indeterminate)).ImpatientBetweenChunks(),
        Text("text, then nothing but keep-alives", "langchain#36964", Beating(Hello.InOnePiece()).GoesSilent(), Ends.Stalled("Hello.")).ImpatientBetweenChunks(),
        Text("half an event, then silence", "commandcode-proxy#42", Hello.Sends("data: {\"id\":").GoesSilent().InOnePiece(), Ends.Stalled("Hello.")).ImpatientBetweenChunks(),
        Text("a trickle without end", "commandcode-proxy#42", Script.Says([.. Enumerable.Repeat("a ", 500)]).Paced(Moment), Ends.Stalled(text: null)).ImpatientInAll(),
        Tools("a pause while the parser holds a call back", "vllm serving.py", Script.Says("Let me see.").Pauses(Moment).Calls("get_weather", """{"city": "Paris"}""").Finishes("tool_calls").Uses(20, 12).Done(), Ends.Completed("Let me see.").Ready(Ends.Paris)),
        Text("a proxy that holds everything back", "nginx", Hello.Finishes("stop").Uses(10, 3).Done().HeadersAfter(Moment).InOnePiece(), Ends.Completed("Hello.")),
    ];

    private static ScriptedReply Beating(ScriptedReply reply) =>
        Enumerable.Range(0, 10).Aggregate(reply, (before, _) => before.Pauses(Moment).KeepsAlive());
}

using System.Text.Json.Nodes;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Agents;

/// <summary>A run of a loop against scripted turns, and all that came of it.</summary>
internal sealed record LoopPlay(IReadOnlyList<ToolLoopEvent> Events, IReadOnlyList<JsonNode> Bodies)
{
    public static readonly ScriptedReply Answer = Script.Says("It is 4.").Finishes("stop").Uses(30, 3).Done();

    public ToolLoopResult Result => Events.OfType<RunEnded>().Single().Result;

    public IEnumerable<string> Ran => Result.Calls.Where(call => call.WasRun).Select(call => $"{call.Call.Name} {call.Call.Arguments}");

    /// <summary>The messages of a request, each as "role: content".</summary>
    public IEnumerable<string> Messages(int request) =>
        Bodies[request]["messages"]!.AsArray().Select(message => $"{message!["role"]}: {message["content"]}");

    public static ScriptedReply Calling(string name, string arguments) =>
        Script.Calls(name, arguments).Finishes("tool_calls").Uses(20, 5).Done();

    public static Tool Weather() => Tool.From("get_weather", "Weather of a city.", (string city) => $"Sunny in {city}.");

    public static Tool Random() => Tool.From("get_random_number", "A random number.", () => "4");

    public static Task<LoopPlay> RunAsync(params ScriptedReply[] turns) => RunAsync(new LoopSetup(), turns);

    public static async Task<LoopPlay> RunAsync(LoopSetup setup, params ScriptedReply[] turns)
    {
        using var vllm = FakeVllm.InMemory(turns);
        using HttpClient http = vllm.CreateHttpClient();
        var loop = new ToolLoop(new VllmInferenceAdapter(http, setup.Adapter), setup.Tools, setup.Options);
        List<ToolLoopEvent> events = [];
        await foreach (ToolLoopEvent step in loop.RunAsync(setup.Request, setup.Budget))
            events.Add(step);

        return new LoopPlay(events, [.. vllm.Requests.Select(request => request.Json!)]);
    }
}

internal sealed record LoopSetup
{
    public ChatRequest Request { get; init; } = new() { Messages = [VllmMessage.User("Go.")], MaxTokens = 100 };

    public IReadOnlyList<Tool> Tools { get; init; } = [LoopPlay.Random(), LoopPlay.Weather()];

    public ToolLoopOptions Options { get; init; } = new();

    public VllmAdapterOptions Adapter { get; init; } = new();

    public TokenBudget? Budget { get; init; }
}

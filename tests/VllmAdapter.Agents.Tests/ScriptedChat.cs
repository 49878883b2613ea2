using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;

namespace VllmAdapter.Agents.Tests;

/// <summary>The bridge in front of a server whose model says what the test wants.</summary>
internal sealed class ScriptedChat : IDisposable
{
    private readonly FakeVllm _vllm;
    private readonly HttpClient _http;

    public ScriptedChat(params ScriptedReply[] turns)
        : this(FakeVllm.InMemory(turns))
    {
    }

    /// <summary>A model that chooses its next turn by the last message that it sees.</summary>
    public ScriptedChat(Func<JsonObject, ScriptedReply> turn)
        : this(FakeVllm.InMemory(request => turn(request.Json!["messages"]!.AsArray()[^1]!.AsObject())))
    {
    }

    private ScriptedChat(FakeVllm vllm)
    {
        _vllm = vllm;
        _http = vllm.CreateHttpClient();
        Adapter = new VllmInferenceAdapter(_http, new VllmAdapterOptions { Resilience = { MaxAttempts = 1 } });
        Client = Adapter.AsIChatClient();
    }

    public static AIFunction Weather { get; } =
        AIFunctionFactory.Create((string city) => $"Sunny in {city}.", "get_weather", "Weather of a city.");

    public static ScriptedReply CallsWeather { get; } = Script.Model.Calls("get_weather", """{"city":"Paris"}""");

    public static ScriptedReply Answers { get; } = Script.Model.Says("It is sunny.");

    /// <summary>A whole call, and then the connection is cut: nobody may run it.</summary>
    public static ScriptedReply BreaksInItsCall { get; } = Script.Calls("get_weather", """{"city":"Paris"}""").Cuts();

    public static ScriptedReply CutsItsAnswer { get; } = Script.Says("It is ").Finishes("length").Uses(20, 3).Done();

    public static ScriptedReply ForgetsItsFinishReason { get; } = Script.Says("It is sunny.").Uses(20, 4).Done();

    public VllmInferenceAdapter Adapter { get; }

    public IChatClient Client { get; }

    /// <summary>The bridge behind the middleware that runs functions.</summary>
    public IChatClient WithFunctions => Client.AsBuilder().UseFunctionInvocation().Build();

    public IReadOnlyList<JsonObject> Requests => [.. _vllm.Requests.Select(request => request.Json!.AsObject())];

    /// <summary>The messages of a request, each as "role: content", calls as "name arguments".</summary>
    public IEnumerable<string> Messages(int request) => Requests[request]["messages"]!.AsArray().Select(message =>
        $"{message!["role"]}: {message["content"]}{string.Join(" + ", Calls(message))}");

    public void Dispose()
    {
        _http.Dispose();
        _vllm.Dispose();
    }

    private static IEnumerable<string> Calls(JsonNode message) => (message["tool_calls"] as JsonArray ?? [])
        .Select(call => $"{call!["function"]!["name"]} {call["function"]!["arguments"]}");
}

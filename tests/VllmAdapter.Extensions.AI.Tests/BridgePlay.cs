using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using VllmAdapter.Testing;

namespace VllmAdapter.Extensions.AI.Tests;

/// <summary>A chat client in front of a scripted server.</summary>
internal sealed class BridgePlay : IDisposable
{
    private readonly FakeVllm _vllm;
    private readonly HttpClient _http;

    public BridgePlay(VllmAdapterOptions options, params ScriptedReply[] turns)
    {
        _vllm = FakeVllm.InMemory(new FakeVllmOptions { Model = null }, turns);
        _http = _vllm.CreateHttpClient();
        Adapter = new VllmInferenceAdapter(_http, options);
        Chat = Adapter.AsIChatClient();
    }

    public BridgePlay(params ScriptedReply[] turns)
        : this(new VllmAdapterOptions(), turns)
    {
    }

    public static ScriptedReply Answer { get; } = Script.Says("It is ", "4.").Finishes("stop").Uses(30, 3).Done();

    public static AIFunction Weather { get; } =
        AIFunctionFactory.Create((string city) => $"Sunny in {city}.", "get_weather", "Weather of a city.");

    public static AIFunction RandomNumber { get; } = AIFunctionFactory.Create(() => "4", "get_random_number");

    public static ChatOptions WithTools => new() { Tools = [Weather, RandomNumber], MaxOutputTokens = 100 };

    public VllmInferenceAdapter Adapter { get; }

    public IChatClient Chat { get; }

    public IReadOnlyList<JsonObject> Bodies => [.. _vllm.Requests.Select(request => request.Json!.AsObject())];

    /// <summary>How many requests asked for an answer, and not only for a count.</summary>
    public int Generated => _vllm.Requests.Count(request => request.Path.EndsWith("/chat/completions", StringComparison.Ordinal));

    public static ScriptedReply Calling(string name, string arguments) =>
        Script.Calls(name, arguments).Finishes("tool_calls").Uses(20, 5).Done();

    /// <summary>The messages of a request, each as "role: content".</summary>
    public IEnumerable<string> Messages(int request) =>
        Bodies[request]["messages"]!.AsArray().Select(message => $"{message!["role"]}: {message["content"]}");

    public async Task<JsonObject> BodyOfAsync(ChatOptions options)
    {
        await Chat.GetResponseAsync([new ChatMessage(ChatRole.User, "Hello.")], options);
        return Bodies[^1];
    }

    public void Dispose()
    {
        _http.Dispose();
        _vllm.Dispose();
    }
}

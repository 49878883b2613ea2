using System.Net;
using System.Text.Json.Nodes;
using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

/// <summary>What lies in the model, the server's settings, or what stands before it: a healthy server with one thing wrong. It is found by name, and nothing else.</summary>
public sealed class DeploymentTests
{
    private static readonly ScriptedReply Hello = Script.Says("Hello", ", and welcome!");

    public static TheoryData<string> Names => [.. Rows.Keys];

    /// <summary>By the finding's name: what the model does otherwise.</summary>
    private static Dictionary<string, Func<JsonNode, ScriptedReply?>> Models { get; } = new()
    {
        ["call-left-open"] = body => Asks(body, "random number") && IsStreamed(body) && !HasResult(body) ? Script.Calls("get_random_number", "{\"a\": ").Uses(20, 12).Done() : null,
        ["call-in-text"] = body => Asks(body, "random number") && !HasResult(body) ? Script.Model.Says("""<tool_call>{"name": "get_random_number", "arguments": {}}</tool_call>""") : null,
        ["call-in-text-despite-none"] = body => IsChoice(body, "none") ? Script.Model.Calls("get_weather", """{"city": "Paris"}""") : null,
        ["parallel-calls-not-limited"] = body => (bool?)body["parallel_tool_calls"] is false
            ? Script.Calls("get_weather", """{"city": "Paris"}""").Calls("get_weather", """{"city": "Rome"}""").Finishes("tool_calls").CountsEveryChunk(90).Uses(90, 30).Done() : null,
        ["tools-not-enabled"] = body => body["tools"] is not null && body["tool_choice"] is null
            ? Script.Refuses(400, "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set") : null,
        ["server-cap"] = body => (bool?)body["logprobs"] is true ? Script.Model.Says("Hello").Finishes("length") : null,
        ["stop-text-kept"] = body => body["stop"] is JsonArray { Count: 1 } ? Script.Says("1, 2, 3, 4, 5, 6, 7").Finishes("stop", stopReason: "7").Uses(20, 14).Done() : null,
        ["stop-ignored"] = body => body["stop"] is JsonArray { Count: 1 } ? Script.Says("1, 2, 3, 4, 5, 6, 7, 8").Finishes("stop").Uses(20, 14).Done() : null,
        ["stream-differs-from-whole"] = body => MaxTokens(body) == 64 && !IsStreamed(body) ? Script.Model.Says("one, two, three") : null,
        ["reasoning-not-hidden"] = body => (bool?)body["include_reasoning"] is false ? Script.Reasons("Hm.").Says("Hello.").Finishes("stop").Uses(20, 5).Done() : null,
        ["continuous-usage-missing"] = body => IsPlainHello(body) ? Hello.Finishes("stop").Uses(20, 5).Done() : null,
        ["usage-missing"] = body => IsPlainHello(body) ? Hello.Finishes("stop").Done() : null,
        ["usage-undercounts"] = body => (int?)body["n"] == 2 && MaxTokens(body) == 5
            ? Script.Says("1, 2").Choice(1).Says("1, 2").Choice(0).Finishes("length").Choice(1).Finishes("length").Uses(20, 8).Done() : null,
        ["logprobs-missing"] = body => (bool?)body["logprobs"] is true
            ? Script.Event("""{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"Hello."},"finish_reason":"stop"}]}""")
                .Event("""{"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":20,"completion_tokens":3,"total_tokens":23}}""").Done() : null,
        ["constraint-ignored"] = body => body["response_format"] is not null && MaxTokens(body) > 4 ? Script.Model.Says("Three days in Rome.") : null,
        ["overloaded"] = body => (bool?)body["logprobs"] is true ? Script.Refuses(429, "Rate limit reached.") : null,
        ["refused"] = body => body["structured_outputs"] is not null ? Script.Refuses(400, "structured_outputs is not allowed here.") : null,
        ["request-fails"] = body => (bool?)body["logprobs"] is true ? Script.Refuses(500, "list index out of range", "InternalServerError") : null,
    };

    /// <summary>By the finding's name: what stands before the server.</summary>
    private static Dictionary<string, Func<HttpMessageHandler, HttpMessageHandler>> Gateways { get; } = new()
    {
        ["version-unknown"] = Hiding("/version"),
        ["metrics-hidden"] = Hiding("/metrics"),
        ["tokenize-hidden"] = Hiding("/tokenize"),
        ["window-unknown"] = server => new Gateway(server) { Own = { ["/v1/models"] = () => Gateway.Answer(HttpStatusCode.OK, """{"data": [{"id": "fake-model"}]}""") } },
        ["health-bad"] = server => new Gateway(server) { Own = { ["/health"] = () => Gateway.Answer(HttpStatusCode.ServiceUnavailable) } },
        ["request-id-lost"] = server => new Gateway(server) { Passes = request => request.Headers.Remove("X-Request-Id") },
        ["errors-untyped"] = server => new Gateway(server)
        {
            Returns = response => response.StatusCode == HttpStatusCode.NotFound ? Gateway.Answer(HttpStatusCode.InternalServerError, "Something went wrong.", "text/plain") : response,
        },
    };

    internal static Dictionary<string, Func<Task<CheckReport>>> Rows { get; } = Models
        .Select(row => KeyValuePair.Create(row.Key, () => OfModelAsync(row.Value)))
        .Concat(Gateways.Select(row => KeyValuePair.Create(row.Key, () => BehindAsync(row.Value))))
        .Append(KeyValuePair.Create("unknown-model-answered", OfAnyNameAsync))
        .Append(KeyValuePair.Create("key-not-checked", WithAKeyThatNobodyAsksForAsync))
        .ToDictionary();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task One_thing_that_is_wrong_is_found_by_name_and_nothing_else(string name)
    {
        CheckReport report = await Rows[name]();

        report.IdsOf(Severity.Info).Where(id => id != "named-call-under-stop").Should().Equal(name);
        report.EndedEarly.Should().BeNull();
    }

    [Fact]
    public async Task The_routes_are_told_where_the_server_lists_them()
    {
        CheckReport report = await BehindAsync(server => new Gateway(server)
        {
            Own = { ["/openapi.json"] = () => Gateway.Answer(HttpStatusCode.OK, """{"paths": {"/v1/chat/completions": {}, "/v1/embeddings": {}}}""") },
        });

        report.Probes.Single(probe => probe.Name == "routes").Facts.Should().Equal("Routes: chat, embeddings.");
    }

    private static async Task<CheckReport> OfModelAsync(Func<JsonNode, ScriptedReply?> model)
    {
        using FakeVllm server = FakeVllm.InMemory(request => model(request.Json!) ?? ObedientModel.Answer(request));
        return await server.CheckAsync();
    }

    private static async Task<CheckReport> BehindAsync(Func<HttpMessageHandler, HttpMessageHandler> gateway)
    {
        using FakeVllm server = FakeVllm.InMemory(ObedientModel.Answer);
        using var http = new HttpClient(gateway(server.CreateHandler())) { BaseAddress = server.Endpoint };
        var options = new VllmAdapterOptions();
        CheckOptions.Apply(options, key: null);
        return await new VllmInferenceAdapter(http, options).CheckAsync();
    }

    private static async Task<CheckReport> OfAnyNameAsync()
    {
        using FakeVllm server = FakeVllm.InMemory(new FakeVllmOptions { Model = null }, ObedientModel.Answer);
        return await server.CheckAsync();
    }

    private static async Task<CheckReport> WithAKeyThatNobodyAsksForAsync()
    {
        using FakeVllm server = FakeVllm.InMemory(ObedientModel.Answer);
        VllmInferenceAdapter known = server.CreateAdapter(options => CheckOptions.Apply(options, "the-key"));
        VllmInferenceAdapter stranger = server.CreateAdapter(options => CheckOptions.Apply(options, key: null));
        return await known.CheckAsync(withoutKey: stranger);
    }

    private static Func<HttpMessageHandler, HttpMessageHandler> Hiding(string path) =>
        server => new Gateway(server) { Own = { [path] = () => Gateway.Answer(HttpStatusCode.NotFound, """{"detail":"Not Found"}""") } };

    private static bool IsStreamed(JsonNode body) => (bool?)body["stream"] is true;

    private static bool HasResult(JsonNode body) => (string?)body["messages"]!.AsArray()[^1]!["role"] == "tool";

    private static int? MaxTokens(JsonNode body) => (int?)body["max_tokens"];

    private static bool Asks(JsonNode body, string words) => ((string?)body["messages"]![0]!["content"])!.Contains(words, StringComparison.Ordinal);

    private static bool IsPlainHello(JsonNode body) =>
        Asks(body, "Say hello") && IsStreamed(body) && MaxTokens(body) == 256
        && body["n"] is null && body["tools"] is null && body["logprobs"] is null && body["stop"] is null && body["include_reasoning"] is null;

    private static bool IsChoice(JsonNode body, string choice) => body["tool_choice"] is JsonValue value && (string?)value == choice;
}

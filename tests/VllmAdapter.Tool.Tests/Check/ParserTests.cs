using System.Text.Json.Nodes;
using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

/// <summary>
/// Servers whose faults lie in one parser or one gateway: a healthy one, which answers some questions with what was recorded of the real one. Each
/// fault is found by name, and no other.
/// </summary>
public sealed class ParserTests
{
    private const string NamedUnderStop = "named-call-under-stop";

    private const string ToldToStop = "a server that was told to stop";

    public static TheoryData<string, string[]> Known => new()
    {
        { "granite of 0.32.0 loses a required call when it is streamed", ["stream-loses-calls", "output-lost", NamedUnderStop] },
        { "granite of 0.32.0 masks the cut of a whole reply", ["cut-call-looks-whole", "cut-masked", NamedUnderStop] },
        { "granite of 0.33.0 empties a call that was cut", ["cut-call-emptied", NamedUnderStop] },
        { "granite of 0.8.5 leaks its marker, and says no reason", ["finish-reason-missing", "markup-in-text", NamedUnderStop] },
        { "phi4_mini_json of 0.33.0 delivers nothing of a stream with tools", ["stream-loses-calls", "output-lost", NamedUnderStop] },
        { "deepseek_v3 of 0.33.0 loses calls", ["stream-loses-calls", "output-lost", NamedUnderStop] },
        { "hermes of 0.8.5 loses a brace", ["stream-loses-calls", "arguments-damaged", NamedUnderStop] },
        { "mistral of 0.33.0 on older markup", ["stream-loses-calls", "arguments-damaged", NamedUnderStop] },
        { "kimi_k2 of 0.11.0 loses arguments", ["stream-loses-calls", "arguments-lost", NamedUnderStop] },
        { "LiteLLM declares one of two answers", ["finish-reason-missing", NamedUnderStop] },
        { "Caddy 2.6 ends a cut stream in order", ["cut-in-order", NamedUnderStop] },
        { ToldToStop, ["stream-silent", NamedUnderStop] },
        { "0.32.0 is killed in mid-stream", ["stream-cut", NamedUnderStop] },
        { "0.33.0 without a reasoning parser", ["reasoning-in-text", NamedUnderStop] },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public async Task A_known_fault_is_found_by_name_and_no_other(string name, string[] found)
    {
        Func<JsonNode, ScriptedReply?> fault = Faults[name];
        using FakeVllm server = FakeVllm.InMemory(request => fault(request.Json!) ?? ObedientModel.Answer(request));
        VllmInferenceAdapter adapter = server.CreateAdapter(options =>
        {
            CheckOptions.Apply(options, key: null);
            options.TimeLimits.BetweenChunks = name == ToldToStop ? TimeSpan.FromSeconds(1) : options.TimeLimits.BetweenChunks;
        });

        CheckReport report = await adapter.CheckAsync();

        report.IdsOf(Severity.Info).Should().Equal(found);
    }

    private static Dictionary<string, Func<JsonNode, ScriptedReply?>> Faults { get; } = new()
    {
        ["granite of 0.32.0 loses a required call when it is streamed"] =
            body => IsStreamed(body) && IsChoice(body, "required") && !IsCut(body) ? Recorded("vllm-0.32.0/granite/tools-required-zero-argument") : null,
        ["granite of 0.32.0 masks the cut of a whole reply"] =
            body => !IsStreamed(body) && MaxTokens(body) is 14 or 22 or 38 ? Recorded($"vllm-0.32.0/granite/tools-cut-at-{MaxTokens(body)}-not-streamed") : null,
        ["granite of 0.33.0 empties a call that was cut"] =
            body => IsStreamed(body) && HasTools(body) && MaxTokens(body) is 14 or 38 ? Recorded($"vllm-0.33.0/granite/tools-cut-at-{MaxTokens(body)}") : null,
        ["granite of 0.8.5 leaks its marker, and says no reason"] =
            body => IsStreamed(body) && Asks(body, "random number") && !HasResult(body) ? Recorded("vllm-0.8.5/granite/tools-zero-argument") : null,
        ["phi4_mini_json of 0.33.0 delivers nothing of a stream with tools"] =
            body => IsStreamed(body) && Asks(body, "Paris?") && !IsCut(body) && IsChoice(body, null) && body["n"] is null ? Recorded("vllm-0.33.0/phi4_mini_json/tools-no-call") : null,
        ["deepseek_v3 of 0.33.0 loses calls"] =
            body => IsStreamed(body) && Asks(body, "random number") && !HasResult(body) ? Recorded("vllm-0.33.0/deepseek_v3/tools-zero-argument") : null,
        ["hermes of 0.8.5 loses a brace"] =
            body => IsStreamed(body) && Asks(body, "Paris?") && IsChoice(body, null) && !IsCut(body) && body["n"] is null ? Recorded("vllm-0.8.5/hermes/tools-one-argument") : null,
        ["mistral of 0.33.0 on older markup"] =
            body => IsStreamed(body) && Asks(body, "Paris?") && IsChoice(body, null) && !IsCut(body) && body["n"] is null ? Recorded("vllm-0.33.0/mistral/tools-one-argument") : null,
        ["kimi_k2 of 0.11.0 loses arguments"] =
            body => IsStreamed(body) && Asks(body, "Paris?") && IsChoice(body, null) && !IsCut(body) && body["n"] is null
                ? Script.CallsAs("functions.get_weather:0", "get_weather").Finishes("tool_calls").Uses(90, 20).Done() : null,
        ["LiteLLM declares one of two answers"] =
            body => (int?)body["n"] == 2 && HasTools(body) ? Recorded("litellm-1.106.2/forced/two-choices-tools") : null,
        ["Caddy 2.6 ends a cut stream in order"] =
            body => IsLogprobs(body) ? Script.Says("Hel", "lo") : null,
        [ToldToStop] =
            body => IsLogprobs(body) ? Recorded("vllm-0.33.0/faults/server-sigterm-mid-stream") : null,
        ["0.32.0 is killed in mid-stream"] =
            body => IsLogprobs(body) ? Recorded("vllm-0.32.0/faults/server-sigkill-mid-stream") : null,
        ["0.33.0 without a reasoning parser"] =
            body => Asks(body, "Say hello") && !IsLogprobs(body) ? Script.Model.Says("<think>A greeting.</think>Hello, and welcome!") : null,
    };

    private static bool IsStreamed(JsonNode body) => (bool?)body["stream"] is true;

    private static bool HasTools(JsonNode body) => body["tools"] is not null;

    private static bool IsLogprobs(JsonNode body) => (bool?)body["logprobs"] is true;

    private static int? MaxTokens(JsonNode body) => (int?)body["max_tokens"];

    private static bool IsCut(JsonNode body) => MaxTokens(body) < 50;

    private static bool HasResult(JsonNode body) => (string?)body["messages"]!.AsArray()[^1]!["role"] == "tool";

    private static bool Asks(JsonNode body, string words) => ((string?)body["messages"]![0]!["content"])!.Contains(words, StringComparison.Ordinal);

    private static bool IsChoice(JsonNode body, string? choice) =>
        choice is null ? body["tool_choice"] is null : body["tool_choice"] is JsonValue value && (string?)value == choice;

    private static ScriptedReply Recorded(string path) =>
        Script.Replays(RecordedExchange.Load(Path.Combine(AppContext.BaseDirectory, "Recordings", $"{path}.json")));
}

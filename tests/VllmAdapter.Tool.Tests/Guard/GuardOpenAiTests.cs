using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenAI;
using OpenAI.Chat;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>Every known way to end an answer, through a guard, to the OpenAI .NET SDK, which notices no error event. All of them are a full sweep.</summary>
[Trait("Sweep", "full")]
public sealed class GuardOpenAiTests
{
    // The SDK asks for one choice.
    public static TheoryData<string> Streams =>
    [
        .. Sweep.Of(Scenarios.All.Where(one => one.Transports.HasFlag(ScenarioTransports.Http1) && one.Request is { Stream: true, ChoiceCount: null or 1 }), every: 5)
            .Select(one => one.Name),
    ];

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task The_sdk_never_takes_a_cut_for_an_answer_nor_sees_a_call_that_must_not_run(string name)
    {
        Scenario scenario = Scenarios.All.Single(one => one.Name == name);
        await using FakeVllm vllm = await scenario.StartServerAsync();
        await using RunningGuard guard = await RunningGuard.WithAsync(GuardScenarioTests.OptionsOf(scenario), vllm.Endpoint);

        Seen seen = await AskAsync(guard.Address, scenario.Request);

        if (seen.Failure is not null)
            return;

        ExpectedEnd expected = scenario.Expected;
        expected.Verdict.Should().BeOneOf(StreamVerdict.Completed, StreamVerdict.Unconfirmed, StreamVerdict.LengthLimited, StreamVerdict.StoppedByServer);
        expected.Withheld.Should().BeEmpty();
        seen.Calls.Where(call => !expected.ReadyCalls.Any(ready => ready.Name == call.Name && Same(ready.Arguments, call.Arguments))).Should().BeEmpty();
        if (expected.Verdict == StreamVerdict.LengthLimited)
            seen.Finish.Should().Be(ChatFinishReason.Length);
    }

    // Without a guard the SDK would wait for the end of a body that has none; and it does not ask for hidden reasoning.
    public static TheoryData<string> WholeAnswers =>
    [
        .. Sweep.Of(Scenarios.All.Where(one => one.Transports.HasFlag(ScenarioTransports.Http1) && one.Request is { Stream: true, ChoiceCount: null or 1, Reasoning: null }
            && one.Expected is { Verdict: StreamVerdict.Completed, Withheld.Count: 0 } && one.Name != "stop, then silence"), every: 5).Select(one => one.Name),
    ];

    [Theory]
    [MemberData(nameof(WholeAnswers))]
    public async Task What_the_sdk_reads_of_a_whole_answer_it_reads_through_a_guard(string name)
    {
        Scenario scenario = Scenarios.All.Single(one => one.Name == name);
        await using FakeVllm vllm = await scenario.StartServerAsync();
        await using FakeVllm same = await scenario.StartServerAsync();
        await using RunningGuard guard = await RunningGuard.WithAsync(GuardScenarioTests.OptionsOf(scenario), vllm.Endpoint);

        Seen guarded = await AskAsync(guard.Address, scenario.Request);
        Seen direct = await AskAsync(same.Endpoint, scenario.Request);

        if (direct.Failure is not null)
            return;

        guarded.Failure.Should().BeNull();
        guarded.Text.Should().Be(direct.Text);
        if (direct.Finish is not null)
            guarded.Finish.Should().Be(direct.Finish);

        guarded.Calls.Should().Equal(direct.Calls);
    }

    private static bool Same(string one, string other) => JsonNode.DeepEquals(JsonNode.Parse(one), JsonNode.Parse(other));

    private static async Task<Seen> AskAsync(Uri endpoint, ChatRequest request)
    {
        var client = new ChatClient("fake-model", new ApiKeyCredential("none"), new OpenAIClientOptions
        {
            Endpoint = new Uri(endpoint, "v1"),
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
        });
        var options = new ChatCompletionOptions { MaxOutputTokenCount = request.MaxTokens };
        foreach (ToolDefinition tool in request.Tools ?? [])
            options.Tools.Add(ChatTool.CreateFunctionTool(tool.Name, tool.Description, BinaryData.FromString(tool.Parameters?.GetRawText() ?? "{}")));

        StringBuilder text = new();
        SortedDictionary<int, (string? Name, StringBuilder Arguments)> calls = [];
        ChatFinishReason? finish = null;
        try
        {
            await foreach (StreamingChatCompletionUpdate update in client.CompleteChatStreamingAsync([new UserChatMessage("Tell me about llamas.")], options))
            {
                foreach (ChatMessageContentPart part in update.ContentUpdate)
                    text.Append(part.Text);

                foreach (StreamingChatToolCallUpdate call in update.ToolCallUpdates)
                {
                    (string? name, StringBuilder arguments) = calls.GetValueOrDefault(call.Index, (null, new StringBuilder()));
                    arguments.Append(call.FunctionArgumentsUpdate?.ToString());
                    calls[call.Index] = (call.FunctionName ?? name, arguments);
                }

                finish = update.FinishReason ?? finish;
            }
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return new Seen(text.ToString(), finish, [], failure);
        }

        return new Seen(text.ToString(), finish, [.. calls.Values.Select(call => (call.Name ?? "", Arguments: call.Arguments.Length == 0 ? "{}" : call.Arguments.ToString())).Where(call => IsJson(call.Arguments))], null);
    }

    private static bool IsJson(string text)
    {
        try
        {
            return JsonNode.Parse(text) is JsonObject;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private sealed record Seen(string Text, ChatFinishReason? Finish, IReadOnlyList<(string Name, string Arguments)> Calls, Exception? Failure);
}

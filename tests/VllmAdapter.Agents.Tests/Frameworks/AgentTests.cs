using System.Text.Json;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;
using static VllmAdapter.Agents.Tests.ScriptedChat;

namespace VllmAdapter.Agents.Tests.Frameworks;

/// <summary>Agents of Microsoft Agent Framework on the bridge.</summary>
public sealed class AgentTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_agent_runs_its_tool_once_and_answers(bool isStreamed)
    {
        using var play = new ScriptedChat(CallsWeather, Answers);
        AIAgent agent = play.Client.AsAIAgent("You know the weather.", tools: [Weather]);

        AgentResponse response = await RunAsync(agent, isStreamed, "Paris?");

        response.Text.Should().Be("It is sunny.");
        response.FinishReason.Should().Be(ChatFinishReason.Stop);
        response.AsChatResponse().GetStreamOutcome()!.Verdict.Should().Be(StreamVerdict.Completed);
        play.Messages(1).Should().Equal(
            "system: You know the weather.", "user: Paris?", """assistant: get_weather {"city":"Paris"}""", "tool: Sunny in Paris.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_all_turns_cost_is_added_up(bool isStreamed)
    {
        using var play = new ScriptedChat(
            Script.Calls("get_weather", """{"city":"Paris"}""").Finishes("tool_calls").Uses(30, 12).Done(),
            Script.Says("It is sunny.").Finishes("stop").Uses(50, 4).Done());

        AgentResponse response = await RunAsync(play.Client.AsAIAgent(tools: [Weather]), isStreamed, "Paris?");

        (response.Usage!.InputTokenCount, response.Usage.OutputTokenCount).Should().Be((80, 16));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_was_cut_says_so(bool isStreamed)
    {
        using var play = new ScriptedChat(CutsItsAnswer);

        AgentResponse response = await RunAsync(play.Client.AsAIAgent(), isStreamed, "Paris?");

        response.FinishReason.Should().Be(ChatFinishReason.Length);
        response.AsChatResponse().GetStreamOutcome()!.Verdict.Should().Be(StreamVerdict.LengthLimited);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_that_broke_throws_and_runs_nothing(bool isStreamed)
    {
        int ran = 0;
        using var play = new ScriptedChat(BreaksInItsCall);
        AIAgent agent = play.Client.AsAIAgent(tools: [AIFunctionFactory.Create((string city) => ++ran, "get_weather")]);

        await agent.Awaiting(one => RunAsync(one, isStreamed, "Paris?")).Should().ThrowAsync<IncompleteStreamException>();

        ran.Should().Be(0);
    }

    [Fact]
    public async Task A_session_remembers_calls_and_results_and_a_saved_one_does_too()
    {
        using var play = new ScriptedChat(CallsWeather, Answers, Script.Model.Says("As I said: sunny."), Script.Model.Says("Sunny!"));
        AIAgent agent = play.Client.AsAIAgent(tools: [Weather]);
        AgentSession session = await agent.CreateSessionAsync();

        await agent.RunAsync("Paris?", session);
        await agent.RunAsync("Again?", session);
        JsonElement saved = await agent.SerializeSessionAsync(session);
        await agent.RunAsync("Once more?", await agent.DeserializeSessionAsync(saved));

        play.Messages(3).Should().Equal(
            "user: Paris?",
            """assistant: get_weather {"city":"Paris"}""",
            "tool: Sunny in Paris.",
            "assistant: It is sunny.",
            "user: Again?",
            "assistant: As I said: sunny.",
            "user: Once more?");
        saved.GetRawText().Should().NotContain("vllm.outcome", "the history does not carry how its turns ended");
    }

    [Fact]
    public async Task A_typed_result_is_read_and_one_that_was_cut_is_none()
    {
        using var play = new ScriptedChat(
            CallsWeather,
            Script.Says("""{"City":"Paris","Degrees":20}""").Finishes("stop").Uses(30, 9).Done(),
            Script.Says("""{"City":"Par""").Finishes("length").Uses(30, 5).Done());
        AIAgent agent = play.Client.AsAIAgent(tools: [Weather]);

        (await agent.RunAsync<Reading>("Paris?")).Result.Should().Be(new Reading("Paris", 20));
        AgentResponse<Reading> cut = await agent.RunAsync<Reading>("Paris?");

        cut.FinishReason.Should().Be(ChatFinishReason.Length);
        cut.Invoking(response => response.Result).Should().Throw<JsonException>();
    }

    [Fact]
    public async Task Reasoning_is_shown_and_goes_back_to_the_model()
    {
        using var play = new ScriptedChat(Script.Model.Reasons("Where is Paris?").Calls("get_weather", """{"city":"Paris"}"""), Answers);

        AgentResponse response = await play.Client.AsAIAgent(tools: [Weather]).RunAsync("Paris?");

        string.Concat(response.Messages.SelectMany(message => message.Contents).OfType<TextReasoningContent>()).Should().Be("Where is Paris?");
        play.Requests[1]["messages"]![1]!["reasoning"]!.GetValue<string>().Should().Be("Where is Paris?");
    }

    [Fact]
    public async Task An_agent_can_be_the_tool_of_another()
    {
        using var inner = new ScriptedChat(Answers);
        AIFunction ask = inner.Client.AsAIAgent(name: "weatherman", description: "Knows the weather.").AsAIFunction();
        using var outer = new ScriptedChat(Script.Model.Calls("weatherman", """{"query":"Paris?"}"""), Script.Model.Says("He says sunny."));

        AgentResponse response = await outer.Client.AsAIAgent(tools: [ask]).RunAsync("Ask about Paris.");

        response.Text.Should().Be("He says sunny.");
        outer.Messages(1).Last().Should().Be("tool: It is sunny.");
    }

    [Fact]
    public async Task A_call_waits_for_approval_across_runs()
    {
        using var play = new ScriptedChat(CallsWeather, Answers);
        AIAgent agent = play.Client.AsAIAgent(tools: [new ApprovalRequiredAIFunction(Weather)]);
        AgentSession session = await agent.CreateSessionAsync();

        AgentResponse asked = await agent.RunAsync("Paris?", session);
        ToolApprovalRequestContent request = asked.Messages.SelectMany(message => message.Contents).OfType<ToolApprovalRequestContent>().Single();
        AgentResponse answer = await agent.RunAsync(new ChatMessage(ChatRole.User, [request.CreateResponse(approved: true)]), session);

        answer.Text.Should().Be("It is sunny.");
        play.Messages(1).Last().Should().Be("tool: Sunny in Paris.");
    }

    [Fact]
    public async Task A_caller_who_leaves_frees_the_server()
    {
        var never = new TaskCompletionSource();
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("It is ").WaitsFor(never.Task));
        AIAgent agent = vllm.CreateAdapter().AsIChatClient().AsAIAgent();
        using var leaving = new CancellationTokenSource();

        await FluentActions.Awaiting(async () =>
        {
            await foreach (AgentResponseUpdate update in agent.RunStreamingAsync("Paris?", cancellationToken: leaving.Token))
                await leaving.CancelAsync();
        }).Should().ThrowAsync<OperationCanceledException>();

        await vllm.WhenIdleAsync().WaitAsync(TimeSpan.FromSeconds(30));
        vllm.Aborted.Should().Be(1);
    }

    private static async Task<AgentResponse> RunAsync(AIAgent agent, bool isStreamed, string question) => isStreamed
        ? await agent.RunStreamingAsync(question).ToAgentResponseAsync()
        : await agent.RunAsync(question);

    private sealed record Reading(string City, int Degrees);
}

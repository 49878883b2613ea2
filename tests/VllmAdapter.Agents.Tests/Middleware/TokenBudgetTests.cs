using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;
using static VllmAdapter.Agents.Tests.ScriptedChat;

namespace VllmAdapter.Agents.Tests.Middleware;

/// <summary>A budget below the middleware that runs functions: the turn that cannot fit is not asked for, and the run says so.</summary>
public sealed class TokenBudgetTests
{
    private static readonly ScriptedReply Expensive = Script.Calls("get_weather", """{"city":"Paris"}""").Finishes("tool_calls").Uses(900, 90).Done();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_of_functions_ends_before_the_turn_that_cannot_fit(bool isStreamed)
    {
        using var play = new ScriptedChat(Expensive, Answers);
        IChatClient chat = play.Client.UseTokenBudget(new TokenBudget(1_000)).AsBuilder().UseFunctionInvocation().Build();

        ChatResponse response = await chat.AskAsync(isStreamed, "Paris?", new ChatOptions { Tools = [Weather] });

        play.Requests.Should().ContainSingle();
        ShouldSayThatTheBudgetEndedIt(response);
        response.Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Should().ContainSingle("what was done before stays");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_agent_too(bool isStreamed)
    {
        using var play = new ScriptedChat(Expensive, Answers);
        AIAgent agent = play.Client.UseTokenBudget(new TokenBudget(1_000)).AsAIAgent(tools: [Weather]);

        AgentResponse response = isStreamed
            ? await agent.RunStreamingAsync("Paris?").ToAgentResponseAsync()
            : await agent.RunAsync("Paris?");

        play.Requests.Should().ContainSingle();
        ShouldSayThatTheBudgetEndedIt(response.AsChatResponse());
    }

    [Fact]
    public async Task What_fits_is_asked_for_no_more_than_is_left()
    {
        using var play = new ScriptedChat(Answers);
        IChatClient chat = play.Client.UseTokenBudget(new TokenBudget(1_000));

        ChatResponse response = await chat.GetResponseAsync("Paris?");

        response.Text.Should().Be("It is sunny.");
        play.Requests[0]["max_tokens"]!.GetValue<int>().Should().BeInRange(1, 1_000);
    }

    private static void ShouldSayThatTheBudgetEndedIt(ChatResponse response)
    {
        response.FinishReason.Should().Be(ChatFinishReason.Length);
        response.GetStreamOutcome()!.Limit.Should().Be(LengthLimit.TokenBudget);
        response.Messages.SelectMany(message => message.Contents).OfType<ErrorContent>().Should().ContainSingle()
            .Which.ErrorCode.Should().Be(VllmChatClientExtensions.TokenBudgetErrorCode);
    }
}

using Microsoft.Extensions.AI;
using VllmAdapter.Testing;
using static VllmAdapter.Agents.Tests.ScriptedChat;

namespace VllmAdapter.Agents.Tests.Middleware;

/// <summary>Histories that a reducer shortened: what reaches the server is a conversation that a chat template takes.</summary>
public sealed class ReducerTests
{
    private static readonly ChatMessage[] History =
    [
        new(ChatRole.System, "Be brief."),
        new(ChatRole.User, "Paris?"),
        new(ChatRole.Assistant, [new FunctionCallContent("1", "get_weather", new Dictionary<string, object?> { ["city"] = "Paris" })]),
        new(ChatRole.Tool, [new FunctionResultContent("1", "Sunny in Paris.")]),
        new(ChatRole.Assistant, "It is sunny."),
        new(ChatRole.User, "And Rome?"),
    ];

    [Fact]
    public async Task A_counting_reducer_leaves_no_call_without_its_result()
    {
        using var play = new ScriptedChat(Answers);
        IChatClient chat = play.Client.AsBuilder().UseChatReducer(new MessageCountingChatReducer(2)).Build();

        await chat.GetResponseAsync(History);

        play.Messages(0).Should().Equal("system: Be brief.", "assistant: It is sunny.", "user: And Rome?");
    }

    [Fact]
    public async Task A_summary_of_the_bridges_own_takes_the_place_of_what_it_sums_up()
    {
        using var play = new ScriptedChat(Script.Model.Says("Paris was sunny."), Answers);
        IChatClient chat = play.Client.AsBuilder().UseChatReducer(new SummarizingChatReducer(play.Client, targetCount: 1, threshold: 0)).Build();

        ChatResponse response = await chat.GetResponseAsync(History);

        response.Text.Should().Be("It is sunny.");
        play.Messages(1).Should().Equal("system: Be brief.", "assistant: Paris was sunny.", "user: And Rome?");
    }
}

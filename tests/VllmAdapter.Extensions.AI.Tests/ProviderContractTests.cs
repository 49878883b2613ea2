using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using VllmAdapter.Testing;
using static VllmAdapter.Extensions.AI.Tests.BridgePlay;

namespace VllmAdapter.Extensions.AI.Tests;

/// <summary>What Microsoft's own integration tests ask of any chat client, and no other test here does.</summary>
public sealed class ProviderContractTests
{
    public sealed record Person(string Name, int Age);

    public enum Mood
    {
        Happy,
        Sad,
    }

    [Fact]
    public async Task Null_is_refused_where_the_call_is_made()
    {
        using var play = new BridgePlay();

        FluentActions.Invoking(() => play.Chat.GetStreamingResponseAsync((IEnumerable<ChatMessage>)null!)).Should().Throw<ArgumentNullException>();
        await play.Chat.Awaiting(chat => chat.GetResponseAsync((IEnumerable<ChatMessage>)null!)).Should().ThrowAsync<ArgumentNullException>();
        FluentActions.Invoking(() => ((VllmInferenceAdapter)null!).AsIChatClient()).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => play.Chat.GetService(null!)).Should().Throw<ArgumentNullException>();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reasoning_comes_before_the_answer_and_goes_back_with_it(bool streaming)
    {
        using var play = new BridgePlay(Script.Reasons("Hm", ".").Says("4.").Finishes("stop").Uses(10, 5, reasoning: 2).Done(), Answer);
        List<ChatMessage> history = [new(ChatRole.User, "2 + 2?")];

        ChatResponse response = await Invoking.AskAsync(play.Chat, history, null, streaming);
        await play.Chat.GetResponseAsync([.. history, .. response.Messages, new(ChatRole.User, "Sure?")]);

        response.Messages.Single().Contents.Select(content => $"{content.GetType().Name} {content}")
            .Should().Equal("TextReasoningContent Hm.", "TextContent 4.");
        response.Usage!.ReasoningTokenCount.Should().Be(2);
        play.Bodies[1]["messages"]![1]!.ToJsonString().Should().Be("""{"role":"assistant","content":"4.","reasoning":"Hm."}""");
    }

    [Fact]
    public async Task Typed_answers_are_asked_for_by_schema_and_read()
    {
        (await TypedAsync<Person>("""{"name":"Ada","age":36}""")).Should().Be(new Person("Ada", 36));
        (await TypedAsync<Person[]>("""{"data":[{"name":"Ada","age":36}]}""")).Should().Equal(new Person("Ada", 36));
        (await TypedAsync<int>("""{"data":4}""")).Should().Be(4);
        (await TypedAsync<string>("""{"data":"four"}""")).Should().Be("four");
        (await TypedAsync<bool>("""{"data":true}""")).Should().BeTrue();
        (await TypedAsync<Mood>("""{"data":"Sad"}""")).Should().Be(Mood.Sad);
    }

    [Fact]
    public async Task A_typed_answer_may_take_functions_on_the_way()
    {
        using var play = new BridgePlay(Calling("get_random_number", "{}"), Script.Says("""{"name":"Ada","age":4}""").Finishes("stop").Uses(30, 9).Done());
        using var loop = new Invoking(play.Chat);

        ChatResponse<Person> response = await loop.Middleware.GetResponseAsync<Person>([new ChatMessage(ChatRole.User, "Who?")], options: WithTools);

        response.Result.Should().Be(new Person("Ada", 4));
        play.Bodies.Select(body => body["response_format"]!["type"]!.GetValue<string>()).Should().Equal("json_schema", "json_schema");
    }

    [Fact]
    public async Task Calls_of_one_turn_are_handed_out_together_unless_one_at_a_time_is_asked_for()
    {
        using var play = new BridgePlay(Script.Calls("get_random_number", "{}").Calls("get_weather", """{"city":"Paris"}""").Finishes("tool_calls").Uses(20, 9).Done());

        ChatResponse response = await play.Chat.GetResponseAsync("Both.", new ChatOptions { Tools = [Weather, RandomNumber], AllowMultipleToolCalls = true });

        response.Messages.Single().Contents.OfType<FunctionCallContent>().Select(call => call.Name).Should().Equal("get_random_number", "get_weather");
        play.Bodies[0]["parallel_tool_calls"]!.GetValue<bool>().Should().BeTrue();
    }

    [Fact]
    public async Task One_client_serves_many_at_once()
    {
        using var play = new BridgePlay(Answer);

        ChatResponse[] responses = await Task.WhenAll(Enumerable.Range(0, 50).Select(i =>
            Invoking.AskAsync(play.Chat, [new ChatMessage(ChatRole.User, $"{i}")], null, streaming: i % 2 == 0)));

        responses.Should().OnlyContain(response => response.Text == "It is 4.");
        play.Bodies.Select(body => body["messages"]![0]!["content"]!.GetValue<string>()).Should().OnlyHaveUniqueItems().And.HaveCount(50);
    }

    [Fact]
    public async Task The_file_that_a_user_attaches_is_refused_and_never_left_out()
    {
        using var play = new BridgePlay(Answer);
        var message = new ChatMessage(ChatRole.User, [new TextContent("What is this?"), new DataContent("data:text/plain;base64,AA==")]);

        await FluentActions.Awaiting(() => play.Chat.GetResponseAsync([message])).Should().ThrowAsync<NotSupportedException>().WithMessage("*text/plain*");

        play.Bodies.Should().BeEmpty();
    }

    private static async Task<T> TypedAsync<T>(string said)
    {
        using var play = new BridgePlay(Script.Says(said).Finishes("stop").Uses(10, 9).Done());
        ChatResponse<T> response = await play.Chat.GetResponseAsync<T>("Say it.");

        play.Bodies[0]["response_format"]!["json_schema"]!["schema"].Should().BeOfType<JsonObject>();
        return response.Result;
    }
}

using Microsoft.Extensions.AI;
using VllmAdapter.Testing;
using static VllmAdapter.Extensions.AI.Tests.BridgePlay;

namespace VllmAdapter.Extensions.AI.Tests;

/// <summary>What <see cref="FunctionInvokingChatClient"/> offers its users, over this client.</summary>
public sealed class FunctionInvocationTests
{
    private static readonly AIFunction Pay = AIFunctionFactory.Create((int amount) => $"Paid {amount}.", "pay");

    // A model that calls until it sees a result paid 400 where 10 was to be paid.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_is_run_once_and_goes_back_with_its_result(bool streaming)
    {
        using var play = new BridgePlay(Calling("pay", """{"amount":10}"""), Answer);
        using var loop = new Invoking(play.Chat);

        ChatResponse response = await loop.RunAsync("Pay 10.", new ChatOptions { Tools = [Pay] }, streaming);

        loop.Ran.Should().Equal("""pay {"amount":10}""");
        play.Messages(1).Should().Equal("user: Pay 10.", "assistant: ", "tool: Paid 10.");
        play.Bodies[1]["messages"]![1]!["tool_calls"]![0]!["function"]!["name"]!.GetValue<string>().Should().Be("pay");
        response.Messages[^1].Text.Should().Be("It is 4.");
        response.Usage!.TotalTokenCount.Should().Be(58, "both turns were paid for");
    }

    [Fact]
    public async Task What_was_said_and_run_is_still_there_in_the_next_conversation()
    {
        using var play = new BridgePlay(Calling("pay", """{"amount":10}"""), Answer);
        using var loop = new Invoking(play.Chat);
        ChatResponse response = await loop.RunAsync("Pay 10.", new ChatOptions { Tools = [Pay] });

        await play.Chat.GetResponseAsync([new(ChatRole.User, "Pay 10."), .. response.Messages, new(ChatRole.User, "And?")]);

        play.Messages(2).Should().Equal("user: Pay 10.", "assistant: ", "tool: Paid 10.", "assistant: It is 4.", "user: And?");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_finish_reason_of_an_earlier_turn_never_shines_through(bool streaming)
    {
        using var play = new BridgePlay(Calling("get_random_number", "{}"), Script.Says("It is 4.").Uses(30, 3).Done());
        using var loop = new Invoking(play.Chat);

        ChatResponse response = await loop.RunAsync("A number, please.", WithTools, streaming);

        response.FinishReason.Should().Be(VllmChatClientExtensions.UnconfirmedFinishReason);
        response.GetStreamOutcome()!.Verdict.Should().Be(StreamVerdict.Unconfirmed);
    }

    // M.E.AI's own serializer reads a number in quotes; asking the model again would cost a turn for nothing.
    [Theory]
    [InlineData("""{"amount":"10"}""", """pay {"amount":10}""")]
    [InlineData("""{"amount":"-10"}""", """pay {"amount":-10}""")]
    public async Task A_number_in_quotes_is_that_number(string arguments, string ran)
    {
        using var play = new BridgePlay(Calling("pay", arguments), Answer);
        using var loop = new Invoking(play.Chat);

        await loop.RunAsync("Pay 10.", new ChatOptions { Tools = [Pay] });

        loop.Ran.Should().Equal(ran);
        play.Bodies.Should().HaveCount(2);
        play.Bodies[1]["messages"]![1]!["tool_calls"]![0]!["function"]!["arguments"]!.GetValue<string>().Should().Be(arguments, "the model is shown what it wrote");
    }

    [Theory]
    [InlineData("""{"amount":"ten"}""")]
    [InlineData("""{"amount":"10.5"}""")]
    [InlineData("""{"amount":"010"}""")]
    [InlineData("""{"amount":" 10"}""")]
    [InlineData("""{"amount":""}""")]
    [InlineData("""{"amount":"-"}""")]
    [InlineData("""{"amount":"\ud800"}""")]
    [InlineData("""{"amount":true}""")]
    [InlineData("""{"amount":null}""")]
    public async Task What_is_no_number_is_told_to_the_model(string arguments)
    {
        using var play = new BridgePlay(Calling("pay", arguments), Calling("pay", """{"amount":10}"""), Answer);
        using var loop = new Invoking(play.Chat);

        await loop.RunAsync("Pay 10.", new ChatOptions { Tools = [Pay] });

        loop.Ran.Should().Equal("""pay {"amount":10}""");
        play.Bodies.Should().HaveCount(3);
    }

    [Theory]
    [InlineData("\"1.5\"", "1.5")]
    [InlineData("\"1e3\"", "1e3")]
    public async Task A_number_with_a_fraction_too(string written, string read)
    {
        AIFunction wait = AIFunctionFactory.Create((double hours) => "waited", "wait");
        using var play = new BridgePlay(Calling("wait", $$"""{"hours":{{written}}}"""), Answer);
        using var loop = new Invoking(play.Chat);

        await loop.RunAsync("Wait.", new ChatOptions { Tools = [wait] });

        loop.Ran.Should().Equal($$"""wait {"hours":{{read}}}""");
    }

    [Fact]
    public async Task Tools_that_only_the_middleware_knows_are_run()
    {
        using var play = new BridgePlay(Calling("get_weather", """{"city":"Paris"}"""), Answer);
        using var loop = new Invoking(play.Chat);
        loop.Middleware.AdditionalTools = [Weather];

        await loop.RunAsync("The weather, please.", new ChatOptions { Tools = [RandomNumber] });

        loop.Ran.Should().Equal("""get_weather {"city":"Paris"}""");
        play.Messages(1).Last().Should().Be("tool: Sunny in Paris.");
    }

    [Fact]
    public async Task A_tool_that_nobody_knows_is_answered_by_the_middleware()
    {
        using var play = new BridgePlay(Calling("launch", "{}"), Answer);
        using var loop = new Invoking(play.Chat);

        ChatResponse response = await loop.RunAsync("Launch.", WithTools);

        loop.Ran.Should().BeEmpty();
        play.Messages(1).Last().Should().StartWith("tool: ").And.Contain("launch").And.Contain("not found");
        response.Messages[^1].Text.Should().Be("It is 4.");
    }

    [Fact]
    public async Task A_tool_that_nobody_knows_ends_the_run_where_that_is_asked_for()
    {
        using var play = new BridgePlay(Calling("launch", """{"when":"now"}"""), Answer);
        using var loop = new Invoking(play.Chat);
        loop.Middleware.TerminateOnUnknownCalls = true;

        ChatResponse response = await loop.RunAsync("Launch.", WithTools);

        play.Bodies.Should().ContainSingle();
        response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Should().ContainSingle().Which.Name.Should().Be("launch");
    }

    [Fact]
    public async Task A_call_of_an_undeclared_tool_that_is_damaged_is_never_visible()
    {
        using var play = new BridgePlay(Calling("launch", """{"\ud800":1}"""), Answer);

        ChatResponse response = await play.Chat.GetResponseAsync("Launch.", WithTools);

        response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Should().BeEmpty();
    }

    // In its last iteration it takes the tools away.
    [Fact]
    public async Task A_model_that_calls_without_end_costs_no_more_requests_than_the_middleware_allows()
    {
        using var play = new BridgePlay(Calling("get_random_number", "{}"));
        using var loop = new Invoking(play.Chat);
        loop.Middleware.MaximumIterationsPerRequest = 3;

        await loop.RunAsync("Numbers, please.", WithTools);

        loop.Ran.Should().HaveCount(3);
        play.Bodies.Should().HaveCount(4);
        play.Bodies[^1].ContainsKey("tools").Should().BeFalse();
    }

    [Theory]
    [InlineData(true, "tool: Paid 10.")]
    [InlineData(false, "tool: *rejected*")]
    public async Task A_function_that_needs_approval_is_run_after_it_alone(bool approves, string told)
    {
        using var play = new BridgePlay(Calling("pay", """{"amount":10}"""), Answer);
        using var loop = new Invoking(play.Chat);
        var options = new ChatOptions { Tools = [new ApprovalRequiredAIFunction(Pay)] };
        List<ChatMessage> history = [new(ChatRole.User, "Pay 10.")];

        ChatResponse asked = await loop.Middleware.GetResponseAsync(history, options);
        history.AddRange(asked.Messages);
        ToolApprovalRequestContent request = history[^1].Contents.OfType<ToolApprovalRequestContent>().Single();
        loop.Ran.Should().BeEmpty();
        history.Add(new ChatMessage(ChatRole.User, [request.CreateResponse(approves)]));
        await loop.Middleware.GetResponseAsync(history, options);

        loop.Ran.Should().HaveCount(approves ? 1 : 0);
        play.Messages(1).Should().HaveCount(3);
        play.Messages(1).Last().Should().Match(told);
    }

    [Fact]
    public async Task A_call_of_a_tool_that_is_only_declared_is_handed_to_the_caller()
    {
        using var play = new BridgePlay(Calling("pay", """{"amount":10}"""), Answer);
        using var loop = new Invoking(play.Chat);

        ChatResponse response = await loop.RunAsync("Pay 10.", new ChatOptions { Tools = [Pay.AsDeclarationOnly()] });

        play.Bodies.Should().ContainSingle();
        response.FinishReason.Should().Be(ChatFinishReason.ToolCalls);
        response.Messages.Single().Contents.OfType<FunctionCallContent>().Single().Name.Should().Be("pay");
    }
}

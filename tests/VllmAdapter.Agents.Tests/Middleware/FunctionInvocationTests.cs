using Microsoft.Extensions.AI;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;
using static VllmAdapter.Agents.Tests.ScriptedChat;

namespace VllmAdapter.Agents.Tests.Middleware;

/// <summary>The bridge under <see cref="FunctionInvokingChatClient"/>: approvals, tools of the client's own, unknown tools, the last turn without tools.</summary>
public sealed class FunctionInvocationTests
{
    private static ChatOptions WithWeather => new() { Tools = [Weather] };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_model_that_calls_until_it_sees_a_result_calls_once(bool isStreamed)
    {
        int paid = 0;
        AIFunction pay = AIFunctionFactory.Create((int amount) => $"Paid. In all: {paid += amount}.", "pay");
        using var play = new ScriptedChat(last =>
            last["role"]!.GetValue<string>() == "tool" ? Script.Model.Says("It is paid.") : Script.Model.Calls("pay", """{"amount":10}"""));

        ChatResponse response = await play.WithFunctions.AskAsync(isStreamed, "Pay 10.", new ChatOptions { Tools = [pay] });

        paid.Should().Be(10);
        response.Text.Should().Be("It is paid.");
        play.Messages(1).Should().Equal("user: Pay 10.", """assistant: pay {"amount":10}""", "tool: Paid. In all: 10.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_calls_of_one_turn_run_once_each_and_their_results_follow_them(bool isStreamed)
    {
        using var play = new ScriptedChat(
            Script.Model.Calls("get_weather", """{"city":"Paris"}""").Calls("get_weather", """{"city":"Rome"}"""), Answers);

        await play.WithFunctions.AskAsync(isStreamed, "Paris and Rome?", WithWeather);

        play.Messages(1).Should().Equal(
            "user: Paris and Rome?",
            """assistant: get_weather {"city":"Paris"} + get_weather {"city":"Rome"}""",
            "tool: Sunny in Paris.",
            "tool: Sunny in Rome.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_function_that_throws_is_told_to_the_model(bool isStreamed)
    {
        AIFunction broken = AIFunctionFactory.Create(string (string city) => throw new InvalidOperationException("No sky over " + city), "get_weather");
        using var play = new ScriptedChat(CallsWeather, Answers);

        ChatResponse response = await play.WithFunctions.AskAsync(isStreamed, "Paris?", new ChatOptions { Tools = [broken] });

        play.Messages(1).Last().Should().StartWith("tool: Error");
        response.Text.Should().Be("It is sunny.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_of_a_broken_stream_does_not_run_and_the_exception_comes_through(bool isStreamed)
    {
        int ran = 0;
        using var play = new ScriptedChat(BreaksInItsCall, Answers);
        ChatOptions options = new() { Tools = [AIFunctionFactory.Create((string city) => ++ran, "get_weather")] };

        await play.WithFunctions.Awaiting(chat => chat.AskAsync(isStreamed, "Paris?", options)).Should().ThrowAsync<IncompleteStreamException>();

        ran.Should().Be(0);
        play.Requests.Should().ContainSingle();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_older_turns_finish_reason_does_not_stand_in_for_a_missing_one(bool isStreamed)
    {
        using var play = new ScriptedChat(CallsWeather, ForgetsItsFinishReason);

        ChatResponse response = await play.WithFunctions.AskAsync(isStreamed, "Paris?", WithWeather);

        response.FinishReason.Should().Be(new ChatFinishReason("unconfirmed"));
        response.GetStreamOutcome()!.Verdict.Should().Be(StreamVerdict.Unconfirmed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_last_turn_that_was_cut_says_so(bool isStreamed)
    {
        using var play = new ScriptedChat(CallsWeather, CutsItsAnswer);

        ChatResponse response = await play.WithFunctions.AskAsync(isStreamed, "Paris?", WithWeather);

        response.FinishReason.Should().Be(ChatFinishReason.Length);
        response.GetStreamOutcome()!.Verdict.Should().Be(StreamVerdict.LengthLimited);
    }

    [Theory]
    [InlineData(true, "tool: Sunny in Paris.")]
    [InlineData(false, "tool: Tool call invocation was rejected by the approver and must not be retried.")]
    public async Task A_call_that_needs_approval_waits_for_it(bool isApproved, string told)
    {
        ChatOptions options = new() { Tools = [new ApprovalRequiredAIFunction(Weather)] };
        using var play = new ScriptedChat(CallsWeather, Answers);
        List<ChatMessage> history = [new(ChatRole.User, "Paris?")];

        ChatResponse asked = await play.WithFunctions.GetResponseAsync(history, options);
        history.AddMessages(asked);
        ToolApprovalRequestContent request = asked.Messages.SelectMany(message => message.Contents).OfType<ToolApprovalRequestContent>().Single();
        play.Requests.Should().ContainSingle("nothing runs before it is approved");

        history.Add(new ChatMessage(ChatRole.User, [request.CreateResponse(isApproved)]));
        ChatResponse answer = await play.WithFunctions.GetResponseAsync(history, options);

        play.Messages(1).Should().Equal("user: Paris?", """assistant: get_weather {"city":"Paris"}""", told);
        answer.Text.Should().Be("It is sunny.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tool_that_only_the_middleware_knows_runs(bool isStreamed)
    {
        IChatClient chat = Wrapped(out ScriptedChat play, client => client.AdditionalTools = [Weather], CallsWeather, Answers);

        await chat.AskAsync(isStreamed, "Paris?", new ChatOptions { Tools = [AIFunctionFactory.Create(() => 4, "get_random_number")] });

        play.Messages(1).Last().Should().Be("tool: Sunny in Paris.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_of_an_unknown_tool_can_end_the_run_and_is_handed_out(bool isStreamed)
    {
        IChatClient chat = Wrapped(out ScriptedChat play, client => client.TerminateOnUnknownCalls = true, Script.Model.Calls("launch", "{}"));

        ChatResponse response = await chat.AskAsync(isStreamed, "Launch.", WithWeather);

        play.Requests.Should().ContainSingle();
        response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Should().ContainSingle().Which.Name.Should().Be("launch");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Otherwise_the_middleware_tells_the_model_that_there_is_no_such_tool(bool isStreamed)
    {
        using var play = new ScriptedChat(Script.Model.Calls("launch", "{}"), Answers);

        ChatResponse response = await play.WithFunctions.AskAsync(isStreamed, "Launch.", WithWeather);

        play.Messages(1).Last().Should().Be("tool: Error: Requested function \"launch\" not found.");
        response.Text.Should().Be("It is sunny.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_model_that_calls_on_without_end_costs_one_request_an_iteration(bool isStreamed)
    {
        IChatClient chat = Wrapped(out ScriptedChat play, client => client.MaximumIterationsPerRequest = 3, CallsWeather);

        await chat.AskAsync(isStreamed, "Paris?", WithWeather);

        play.Requests.Should().HaveCount(4, "the last one offers no tools, and nothing more can be done about it");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tool_that_is_only_declared_is_the_callers_to_run(bool isStreamed)
    {
        using var play = new ScriptedChat(CallsWeather);

        ChatResponse response = await play.WithFunctions.AskAsync(isStreamed, "Paris?", new ChatOptions { Tools = [Weather.AsDeclarationOnly()] });

        response.FinishReason.Should().Be(ChatFinishReason.ToolCalls);
        response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Should().ContainSingle()
            .Which.Arguments!["city"]!.ToString().Should().Be("Paris");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_turn_that_the_bridge_had_corrected_is_a_message_of_its_own(bool isStreamed)
    {
        using var play = new ScriptedChat(
            Script.Model.Says("Let me look that up.").Calls("get_weather", """{"town":"Paris"}"""), Script.Model.Says("Sorry, here it is."));

        ChatResponse response = await play.Client.AskAsync(isStreamed, "Paris?", WithWeather);

        response.Messages.Select(message => message.Text).Should().Equal("Let me look that up.", "Sorry, here it is.");
    }

    private static IChatClient Wrapped(out ScriptedChat play, Action<FunctionInvokingChatClient> configure, params ScriptedReply[] turns)
    {
        play = new ScriptedChat(turns);
        return play.Client.AsBuilder().UseFunctionInvocation(configure: configure).Build();
    }
}

using Microsoft.Extensions.AI;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;
using static VllmAdapter.Agents.Tests.ScriptedChat;

namespace VllmAdapter.Agents.Tests.Middleware;

/// <summary>A tool of the adapter's own under the middleware that runs functions.</summary>
public sealed class ToolFunctionTests
{
    private static readonly Tool Forecast = Tool.From("get_weather", "Weather of a city.", (string city, int days) => $"{days} days of sun in {city}.");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tool_runs_as_a_function(bool isStreamed)
    {
        using var play = new ScriptedChat(Script.Model.Calls("get_weather", """{"city":"Paris","days":3}"""), Answers);

        ChatResponse response = await play.WithFunctions.AskAsync(isStreamed, "Paris?", new ChatOptions { Tools = [Forecast.AsAIFunction()] });

        response.Text.Should().Be("It is sunny.");
        play.Messages(1).Last().Should().Be("tool: 3 days of sun in Paris.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_model_is_told_what_does_not_fit(bool isStreamed)
    {
        using var play = new ScriptedChat(
            Script.Model.Calls("get_weather", """{"city":"Paris","days":"many"}"""), Script.Model.Calls("get_weather", """{"city":"Paris","days":3}"""), Answers);

        await play.WithFunctions.AskAsync(isStreamed, "Paris?", new ChatOptions { Tools = [Forecast.AsAIFunction()] });

        play.Messages(1).Last().Should().Contain("days");
        play.Messages(2).Last().Should().Be("tool: 3 days of sun in Paris.");
    }

    [Fact]
    public async Task There_and_back_it_is_the_same_tool()
    {
        using var play = new ScriptedChat(Script.Model.Calls("get_weather", """{"city":"Paris","days":3}"""), Answers);

        ToolLoopResult result = await new ToolLoop(play.Adapter, [Forecast.AsAIFunction().AsTool()]).CompleteAsync(ChatRequest.FromPrompt("Paris?"));

        result.Calls.Should().ContainSingle().Which.Content.Should().Be("3 days of sun in Paris.");
    }
}

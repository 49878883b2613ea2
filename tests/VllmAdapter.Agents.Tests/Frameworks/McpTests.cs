using Microsoft.Extensions.AI;
using ModelContextProtocol.Client;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;
using static VllmAdapter.Agents.Tests.ScriptedChat;

namespace VllmAdapter.Agents.Tests.Frameworks;

/// <summary>Tools of an MCP server, through the bridge and through the adapter's own loop: both send the model the same.</summary>
public sealed class McpTests
{
    private static readonly byte[] Picture = [137, 80, 78, 71, 13, 10, 26, 10];

    private static Dictionary<string, AIFunction> Tools { get; } = new AIFunction[]
    {
        AIFunctionFactory.Create(() => "Sunny.", "text"),
        AIFunctionFactory.Create(() => new AIContent[] { new TextContent("Sunny."), new TextContent("Warm.") }, "two_texts"),
        AIFunctionFactory.Create(() => new DataContent(Picture, "image/png"), "picture"),
        AIFunctionFactory.Create(string () => throw new InvalidOperationException("No sky."), "failing"),
    }.ToDictionary(tool => tool.Name, StringComparer.Ordinal);

    [Theory]
    [InlineData("text", "Sunny.")]
    [InlineData("two_texts", "Sunny.", "Warm.")]
    [InlineData("picture", "data:image/png;base64,iVBORw0KGgo=")]
    [InlineData("failing", "error")]
    public async Task Through_the_bridge_the_model_sees_what_the_tool_gave(string tool, params string[] sees)
    {
        await using InProcessMcp mcp = await InProcessMcp.StartAsync(Tools[tool]);
        using var play = new ScriptedChat(Script.Model.Calls(tool, "{}"), Answers);

        ChatResponse response = await play.WithFunctions.GetResponseAsync("Paris?", new ChatOptions { Tools = [.. await mcp.Client.ListToolsAsync()] });

        response.Text.Should().Be("It is sunny.");
        ShouldShow(play, sees);
    }

    [Theory]
    [InlineData("text", "Sunny.")]
    [InlineData("two_texts", "Sunny.", "Warm.")]
    [InlineData("picture", "data:image/png;base64,iVBORw0KGgo=")]
    [InlineData("failing", "error")]
    public async Task Through_the_adapters_own_loop_too(string tool, params string[] sees)
    {
        await using InProcessMcp mcp = await InProcessMcp.StartAsync(Tools[tool]);
        using var play = new ScriptedChat(Script.Model.Calls(tool, "{}"), Answers);
        IList<McpClientTool> tools = await mcp.Client.ListToolsAsync();

        ToolLoopResult result = await new ToolLoop(play.Adapter, [.. tools.Select(one => one.AsTool())]).CompleteAsync(ChatRequest.FromPrompt("Paris?"));

        result.Text.Should().Be("It is sunny.");
        ShouldShow(play, sees);
    }

    [Fact]
    public async Task A_text_is_sent_as_the_text_that_it_is()
    {
        await using InProcessMcp mcp = await InProcessMcp.StartAsync(Weather);
        using var play = new ScriptedChat(CallsWeather, Answers);

        await play.WithFunctions.GetResponseAsync("Paris?", new ChatOptions { Tools = [.. await mcp.Client.ListToolsAsync()] });

        play.Messages(1).Last().Should().Be("tool: Sunny in Paris.");
    }

    private static void ShouldShow(ScriptedChat play, string[] sees)
    {
        System.Text.Json.Nodes.JsonArray messages = play.Requests[1]["messages"]!.AsArray();
        string later = string.Concat(messages.Skip(2).Select(message => message!["content"]!.ToString()));
        later.Should().ContainAll(sees);
        messages[2]!["content"]!.ToString().Length.Should().BeLessThan(400);
    }
}

using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using ModelContextProtocol.Client;
using ModelContextProtocol.Server;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;
using static VllmAdapter.Agents.Tests.ScriptedChat;

namespace VllmAdapter.Agents.Tests.Frameworks;

/// <summary>Tools of an MCP server, through the bridge and through the adapter's own loop: both send the model the same.</summary>
public sealed class McpTests
{
    private static readonly byte[] Picture = [137, 80, 78, 71, 13, 10, 26, 10];

    private static McpServerTool[] Tools { get; } =
    [
        McpServerTool.Create(() => "Sunny.", new() { Name = "text" }),
        McpServerTool.Create(() => new AIContent[] { new TextContent("Sunny."), new TextContent("Warm.") }, new() { Name = "two_texts" }),
        McpServerTool.Create(() => new Sky("sunny", 20), new() { Name = "structured", UseStructuredContent = true }),
        McpServerTool.Create(() => new DataContent(Picture, "image/png"), new() { Name = "picture" }),
        McpServerTool.Create(string () => throw new InvalidOperationException("No sky."), new() { Name = "failing" }),
    ];

    public static TheoryData<string, string[]> Given => new()
    {
        { "text", ["Sunny."] },
        { "two_texts", ["Sunny.", "Warm."] },
        { "structured", ["sunny", "20"] },
        { "picture", ["data:image/png;base64,iVBORw0KGgo="] },
        { "failing", ["error"] },
    };

    [Theory]
    [MemberData(nameof(Given))]
    public async Task Through_the_bridge_the_model_sees_what_the_tool_gave(string tool, string[] sees)
    {
        await using InProcessMcp mcp = await InProcessMcp.StartAsync(Tools);
        using var play = new ScriptedChat(Script.Model.Calls(tool, "{}"), Answers);

        ChatResponse response = await play.WithFunctions.GetResponseAsync("Paris?", new ChatOptions { Tools = [.. await mcp.Client.ListToolsAsync()] });

        response.Text.Should().Be("It is sunny.");
        ShouldShow(play, sees);
    }

    [Theory]
    [MemberData(nameof(Given))]
    public async Task Through_the_adapters_own_loop_too(string tool, string[] sees)
    {
        await using InProcessMcp mcp = await InProcessMcp.StartAsync(Tools);
        using var play = new ScriptedChat(Script.Model.Calls(tool, "{}"), Answers);
        IList<McpClientTool> tools = await mcp.Client.ListToolsAsync();

        ToolLoopResult result = await new ToolLoop(play.Adapter, [.. tools.Select(one => one.AsTool())]).CompleteAsync(ChatRequest.FromPrompt("Paris?"));

        result.Text.Should().Be("It is sunny.");
        ShouldShow(play, sees);
    }

    [Fact]
    public async Task A_text_is_sent_as_the_text_that_it_is()
    {
        await using InProcessMcp mcp = await InProcessMcp.StartAsync(Tools);
        using var play = new ScriptedChat(Script.Model.Calls("text", "{}"), Answers);

        await play.WithFunctions.GetResponseAsync("Paris?", new ChatOptions { Tools = [.. await mcp.Client.ListToolsAsync()] });

        play.Messages(1).Last().Should().Be("tool: Sunny.");
    }

    private static void ShouldShow(ScriptedChat play, string[] sees)
    {
        JsonArray messages = play.Requests[1]["messages"]!.AsArray();
        string later = string.Concat(messages.Skip(2).Select(message => message!["content"]!.ToString()));
        later.Should().ContainAll(sees);
        messages[2]!["content"]!.ToString().Length.Should().BeLessThan(400);
    }

    private sealed record Sky(string Looks, int Degrees);
}

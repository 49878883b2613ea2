using System.IO.Pipelines;
using Microsoft.Extensions.AI;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using VllmAdapter;
using VllmAdapter.Agents;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;

/// <summary>The tools of an MCP server in this process, through the bridge and through the adapter's own loop.</summary>
internal static class McpAgent
{
    private static readonly ScriptedReply[] Turns =
    [
        Script.Model.Calls("get_weather", """{"city":"Paris"}"""), Script.Model.Says("It is sunny in Paris."),
    ];

    public static async Task RunAsync()
    {
        var (requests, replies) = (new Pipe(), new Pipe());
        using var stopping = new CancellationTokenSource();
        await using McpServer server = McpServer.Create(
            new StreamServerTransport(requests.Reader.AsStream(), replies.Writer.AsStream()),
            new McpServerOptions { ToolCollection = [McpServerTool.Create(Weather, new() { Name = "get_weather" })] });
        Task serving = server.RunAsync(stopping.Token);
        await using (McpClient mcp = await McpClient.CreateAsync(new StreamClientTransport(requests.Writer.AsStream(), replies.Reader.AsStream())))
        {
            await ThroughTheBridge(mcp);
            await ThroughToolLoop(mcp);
        }

        await stopping.CancelAsync();
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task ThroughTheBridge(McpClient mcp)
    {
        using var vllm = FakeVllm.InMemory(Turns);
        VllmInferenceAdapter adapter = vllm.CreateAdapter();

        // <mcp-bridge>
        IChatClient chat = adapter.PrintingTurns().AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions { Tools = [.. await mcp.ListToolsAsync()] };
        ChatResponse response = await chat.GetResponseAsync("How is the weather in Paris?", options);
        Console.WriteLine($"  bridge   {response.Text}");
        // </mcp-bridge>
    }

    private static async Task ThroughToolLoop(McpClient mcp)
    {
        using var vllm = FakeVllm.InMemory(Turns);
        VllmInferenceAdapter adapter = vllm.CreateAdapter();

        // <mcp-loop>
        IList<McpClientTool> tools = await mcp.ListToolsAsync();
        var loop = new ToolLoop(adapter, [.. tools.Select(tool => tool.AsTool())]);
        ToolLoopResult result = await loop.CompleteAsync(ChatRequest.FromPrompt("How is the weather in Paris?"), new TokenBudget(2_000));
        Console.WriteLine($"  loop     {result.Text} ({result.Verdict}: {result.Explain()})");
        // </mcp-loop>
    }

    private static string Weather(string city) => $"Sunny in {city}.";
}

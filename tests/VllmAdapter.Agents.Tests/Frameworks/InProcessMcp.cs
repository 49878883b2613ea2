using System.IO.Pipelines;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace VllmAdapter.Agents.Tests.Frameworks;

/// <summary>An MCP server and its client in this process, joined by two pipes.</summary>
internal sealed class InProcessMcp : IAsyncDisposable
{
    private readonly McpServer _server;
    private readonly Task _serving;
    private readonly CancellationTokenSource _stopping;

    private InProcessMcp(McpServer server, McpClient client, Task serving, CancellationTokenSource stopping)
    {
        (_server, Client, _serving, _stopping) = (server, client, serving, stopping);
    }

    public McpClient Client { get; }

    public static async Task<InProcessMcp> StartAsync(params McpServerTool[] tools)
    {
        var (up, down) = (new Pipe(), new Pipe());
        var stopping = new CancellationTokenSource();
        McpServer server = McpServer.Create(
            new StreamServerTransport(up.Reader.AsStream(), down.Writer.AsStream()),
            new McpServerOptions { ToolCollection = [.. tools] });
        Task serving = server.RunAsync(stopping.Token);
        McpClient client = await McpClient.CreateAsync(new StreamClientTransport(up.Writer.AsStream(), down.Reader.AsStream()));
        return new InProcessMcp(server, client, serving, stopping);
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await _stopping.CancelAsync();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _server.DisposeAsync();
        _stopping.Dispose();
    }
}

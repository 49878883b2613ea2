// One bridge: alone, and under three frameworks, an agent of Microsoft Agent Framework, Semantic Kernel, and the tools of an MCP server.
// Each part prints how every turn of the model ended, which is what tells an answer from half of one.
return await Sample.RunAsync(args, """
    Agents

    Runs Microsoft.Extensions.AI, Microsoft Agent Framework, Semantic Kernel and the tools of an MCP server over the adapter, and prints how each turn ended.
    It takes no arguments, reads no environment variables and needs no server: the replies are scripted, or recorded from vLLM 0.8.5.

        dotnet run --project samples/Agents
    """, RunAsync);

static async Task RunAsync()
{
    Console.WriteLine("== Microsoft.Extensions.AI");
    await Bridge.RunAsync();

    Console.WriteLine("\n== Microsoft Agent Framework");
    await FrameworkAgent.RunAsync();

    Console.WriteLine("\n== Semantic Kernel");
    await KernelAgent.RunAsync();

    Console.WriteLine("\n== The tools of an MCP server");
    await McpAgent.RunAsync();
}

// One bridge: alone, and under three frameworks, an agent of Microsoft Agent Framework, Semantic Kernel, and the tools of an MCP server.
// Each part prints how every turn of the model ended, which is what tells an answer from half of one.
//
//     dotnet run --project samples/Agents         recorded vLLM 0.8.5 streams and scripted replies, no server needed
Console.WriteLine("== Microsoft.Extensions.AI");
await Bridge.RunAsync();

Console.WriteLine("\n== Microsoft Agent Framework");
await FrameworkAgent.RunAsync();

Console.WriteLine("\n== Semantic Kernel");
await KernelAgent.RunAsync();

Console.WriteLine("\n== The tools of an MCP server");
await McpAgent.RunAsync();

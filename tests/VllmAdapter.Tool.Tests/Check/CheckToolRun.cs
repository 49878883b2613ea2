using Spectre.Console.Testing;

namespace VllmAdapter.Tool.Tests.Check;

/// <summary><c>check</c> as a command line runs it.</summary>
internal static class CheckToolRun
{
    public static async Task<ToolRun> OfAsync(string arguments, string? key = null)
    {
        using var output = new TestConsole().Width(160);
        using var error = new TestConsole().Width(1000);
        using var terminal = new Terminal { Out = output, Error = error, Variable = name => name == "THE_KEY" ? key : null };
        int code = await new ToolApp(terminal).RunAsync(["check", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        return new ToolRun(code, output.Output, error.Output);
    }
}

using System.Text;
using Spectre.Console;
using Spectre.Console.Testing;

namespace VllmAdapter.Tool.Tests;

/// <summary>One run of the tool in this process: what it printed, what it complained about, and its exit code.</summary>
internal sealed record ToolRun(int Code, string Out, string Error)
{
    public static async Task<ToolRun> OfAsync(string[] args, string? piped = null, int width = 120, CancellationToken cancellationToken = default)
    {
        using var output = new TestConsole().Width(width);
        using var error = new TestConsole().Width(1000);
        using var terminal = new Terminal
        {
            Out = output,
            Error = error,
            Input = new MemoryStream(Encoding.UTF8.GetBytes(piped ?? "")),
            InputIsKeyboard = piped is null,
        };
        int code = await new ToolApp(terminal).RunAsync(args, cancellationToken);
        return new ToolRun(code, output.Output, error.Output);
    }
}

using System.Text.RegularExpressions;
using Spectre.Console;

namespace VllmAdapter.Tool.Tests;

/// <summary>A command that serves until it is ended.</summary>
internal sealed partial class RunningTool : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task<int> _run;

    private RunningTool(string[] args)
    {
        var terminal = new Terminal { Out = ConsoleOn(Out), Error = ConsoleOn(Error) };
        _run = Task.Run(() => new ToolApp(terminal).RunAsync(args, _end.Token));
    }

    public SignalingWriter Out { get; } = new();

    public SignalingWriter Error { get; } = new();

    public Uri Endpoint { get; private set; } = null!;

    public static async Task<RunningTool> StartAsync(params string[] args)
    {
        var tool = new RunningTool(args);
        Task<string> listens = tool.Out.LineAsync(line => Address().IsMatch(line));
        if (await Task.WhenAny(listens, tool._run) == tool._run)
            throw new InvalidOperationException($"It ended with {await tool._run}: {tool.Error}");

        tool.Endpoint = new Uri(Address().Match(await listens).Value);
        return tool;
    }

    /// <summary>Ends it as Ctrl+C does.</summary>
    public async Task<int> EndAsync()
    {
        await _end.CancelAsync();
        return await _run;
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _end.Dispose();
    }

    private static IAnsiConsole ConsoleOn(TextWriter writer)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = 1000;
        return console;
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+/")]
    private static partial Regex Address();
}

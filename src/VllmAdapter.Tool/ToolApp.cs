using System.CommandLine;
using Spectre.Console;
using VllmAdapter.Tool.Commands;

namespace VllmAdapter.Tool;

/// <summary>The commands, and what is common to them: parsing, help, failures.</summary>
internal sealed class ToolApp(Terminal terminal)
{
    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken = default)
    {
        RootCommand root = Commands();
        ParseResult parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
        if (parsed.Errors.Count > 0)
            return Tell(string.Join(' ', parsed.Errors.Select(error => error.Message)) + " See vllm-adapter --help.", ExitCode.Unusable);

        var invocation = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            Output = terminal.Out.Profile.Out.Writer,
            Error = terminal.Error.Profile.Out.Writer,
        };
        try
        {
            return await parsed.InvokeAsync(invocation, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            (string sentence, ExitCode code) = Failures.Of(failure);
            return Tell(sentence, code);
        }
    }

    /// <summary>Every command.</summary>
    public RootCommand Commands() => new("Finds out how the streams of a vLLM deployment end, and says it in words.")
    {
        CheckCommand.Create(terminal),
        ExplainCommand.Create(terminal),
        RecordCommand.Create(terminal),
        FakeCommand.Create(terminal),
    };

    private int Tell(string sentence, ExitCode code)
    {
        terminal.Error.WriteLine(sentence, code == ExitCode.Canceled ? Style.Plain : new Style(Color.Red));
        return (int)code;
    }
}

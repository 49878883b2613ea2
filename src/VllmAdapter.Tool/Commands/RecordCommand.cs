using System.CommandLine;
using System.Globalization;
using System.Threading.Channels;
using Spectre.Console;
using VllmAdapter.Tool.Record;

namespace VllmAdapter.Tool.Commands;

/// <summary><c>record URL</c>: a proxy in front of a server that writes down every exchange.</summary>
internal static class RecordCommand
{
    private const int UsualPort = 8001;

    public static Command Create(Terminal terminal)
    {
        var url = new Argument<string>("url") { Description = "The server, such as http://localhost:8000." };
        Option<int> port = CommandOptions.Port(UsualPort);
        var directory = new Option<string>("--to") { Description = "The folder for the recordings.", DefaultValueFactory = _ => "recordings", HelpName = "FOLDER" };
        var command = new Command(
            "record",
            "A proxy that passes everything on and writes down every exchange, without keys, for explain and fake --recording.") { url, port, directory };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            Uri server = ServerAddress.Parse(parsed.GetRequiredValue(url));
            return (int)await RecordAsync(terminal, server, parsed.GetValue(port), parsed.GetValue(directory)!, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<ExitCode> RecordAsync(Terminal terminal, Uri server, int port, string directory, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        var lines = Channel.CreateUnbounded<Task<string>>();
        using RecordingHandler recorder = RecorderInto(directory, terminal.Clock, exchange => lines.Writer.TryWrite(ExchangeLine.OfAsync(exchange, CancellationToken.None)));
        RecordingProxy proxy = await Ports.ListenAsync(
            port, () => RecordingProxy.StartAsync(server, port, recorder, line => lines.Writer.TryWrite(Task.FromResult(line)), cancellationToken)).ConfigureAwait(false);
        await using (proxy.ConfigureAwait(false))
        {
            terminal.Out.WriteLine($"Ask {proxy.Endpoint} in place of {server}; every exchange goes into {Path.GetFullPath(directory)}. Ctrl+C ends it.");
            try
            {
                await foreach (Task<string> line in lines.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                    terminal.WritePlain(await line.ConfigureAwait(false));
            }
            catch (OperationCanceledException)
            {
                // That is how it ends.
            }
        }

        return ExitCode.Ok;
    }

    // Two runs into one folder do not overwrite each other's files.
    private static RecordingHandler RecorderInto(string directory, TimeProvider clock, Action<RecordedExchange> recorded)
    {
        string run = clock.GetUtcNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        int count = 0;
        return new RecordingHandler(directory, clock)
        {
            NameOf = _ => string.Create(CultureInfo.InvariantCulture, $"{run}-{Interlocked.Increment(ref count):0000}"),
            Recorded = recorded,
        };
    }
}

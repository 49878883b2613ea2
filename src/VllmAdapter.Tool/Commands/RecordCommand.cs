using System.CommandLine;

namespace VllmAdapter.Tool.Commands;

/// <summary><c>record URL</c>: a proxy in front of a server that writes down every exchange.</summary>
internal static class RecordCommand
{
    public static Command Create(Terminal terminal)
    {
        _ = terminal;
        var server = new Argument<Uri>("url") { Description = "The server, such as http://localhost:8000." };
        var command = new Command("record", "A proxy that passes everything on and writes down every exchange, without keys.") { server };
        command.SetAction((_, _) => throw new ToolException("record is not built yet."));
        return command;
    }
}

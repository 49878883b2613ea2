using System.CommandLine;

namespace VllmAdapter.Tool.Commands;

/// <summary><c>fake</c>: a vLLM server for the tests of any client.</summary>
internal static class FakeCommand
{
    public static Command Create(Terminal terminal)
    {
        _ = terminal;
        var command = new Command("fake", "A vLLM server for tests in any language, with every known way to end wrong.");
        command.SetAction((_, _) => throw new ToolException("fake is not built yet."));
        return command;
    }
}

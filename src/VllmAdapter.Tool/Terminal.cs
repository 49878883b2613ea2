using Spectre.Console;

namespace VllmAdapter.Tool;

/// <summary>Where a command reads and writes: what it prints, what goes wrong, what is piped in, and the variables of the environment.</summary>
internal sealed class Terminal : IDisposable
{
    private const int WidthOfAPage = 120;

    /// <summary>Results.</summary>
    public required IAnsiConsole Out { get; init; }

    /// <summary>Progress and failures, so that results can be piped on.</summary>
    public required IAnsiConsole Error { get; init; }

    /// <summary>Standard input.</summary>
    public Stream Input { get; init; } = Stream.Null;

    /// <summary>Whether a person sits at standard input, who would wait for a command that waits for them.</summary>
    public bool InputIsKeyboard { get; init; }

    /// <summary>Looks up a variable of the environment.</summary>
    public Func<string, string?> Variable { get; init; } = static _ => null;

    /// <summary>What time it is.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public static Terminal OfTheProcess() => new()
    {
        Out = ConsoleOn(Console.Out, Console.IsOutputRedirected),
        Error = ConsoleOn(Console.Error, Console.IsErrorRedirected),
        Input = Console.OpenStandardInput(),
        InputIsKeyboard = !Console.IsInputRedirected,
        Variable = Environment.GetEnvironmentVariable,
    };

    /// <summary>Writes text for programs: not wrapped, not styled.</summary>
    public void WritePlain(string text)
    {
        TextWriter writer = Out.Profile.Out.Writer;
        writer.WriteLine(text);
        writer.Flush();
    }

    /// <summary>Waits until the user ends the command, which is how a server ends in order.</summary>
    public static async Task UntilCanceledAsync(CancellationToken cancellationToken)
    {
        var canceled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (cancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), canceled))
            await canceled.Task.ConfigureAwait(false);
    }

    public void Dispose() => Input.Dispose();

    // A file or a pipe has no width; lines of a page are read best.
    private static IAnsiConsole ConsoleOn(TextWriter writer, bool isRedirected)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (isRedirected)
            console.Profile.Width = WidthOfAPage;
        return console;
    }
}

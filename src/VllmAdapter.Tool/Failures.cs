using System.Net.Sockets;

namespace VllmAdapter.Tool;

/// <summary>The one place that turns what went wrong into a sentence and an exit code. No stack trace reaches a user.</summary>
internal static class Failures
{
    public static (string Sentence, ExitCode Code) Of(Exception failure) => failure switch
    {
        ToolException told => (told.Message, told.Code),
        OperationCanceledException => ("Stopped.", ExitCode.Canceled),
        VllmException server => (server.Message, ExitCode.Unavailable),
        HttpRequestException http => ($"The server cannot be reached: {Innermost(http)}", ExitCode.Unavailable),
        SocketException socket => ($"The network refuses: {socket.Message}", ExitCode.Unavailable),
        FileNotFoundException or DirectoryNotFoundException => (failure.Message, ExitCode.Unusable),
        UnauthorizedAccessException => (failure.Message, ExitCode.Unusable),
        IOException io => (io.Message, ExitCode.Unavailable),
        FormatException or ArgumentException => (SentenceOf(failure), ExitCode.Unusable),
        _ => ($"This should not have happened ({failure.GetType().Name}: {failure.Message}). Please report it, with the command.", ExitCode.Unusable),
    };

    /// <summary>The message without the name of a parameter, which .NET appends for developers.</summary>
    public static string SentenceOf(Exception failure) => failure is ArgumentException { ParamName: { } parameter }
        ? failure.Message.Replace($" (Parameter '{parameter}')", "", StringComparison.Ordinal)
        : failure.Message;

    private static string Innermost(Exception failure) => failure.GetBaseException().Message;
}

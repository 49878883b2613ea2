namespace VllmAdapter.Tool;

/// <summary>A command cannot go on. The message is a sentence for the person at the terminal: what is the matter, and the way out.</summary>
internal sealed class ToolException(string message, ExitCode code = ExitCode.Unusable, Exception? innerException = null)
    : Exception(message, innerException)
{
    public ExitCode Code { get; } = code;
}

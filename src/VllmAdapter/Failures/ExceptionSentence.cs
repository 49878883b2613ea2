namespace VllmAdapter;

/// <summary>What an exception says, for sentences that users read.</summary>
internal static class ExceptionSentence
{
    /// <summary>The message without the name of a parameter, which .NET appends for the developer of the call.</summary>
    public static string? Of(Exception? failure) => failure is ArgumentException { ParamName: { } parameter }
        ? failure.Message.Replace($" (Parameter '{parameter}')", "", StringComparison.Ordinal)
        : failure?.Message;
}

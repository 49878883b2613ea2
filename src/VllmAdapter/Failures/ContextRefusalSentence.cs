using System.Globalization;

namespace VllmAdapter;

/// <summary>Says that a request does not fit, with as many numbers as the server gave.</summary>
internal static class ContextRefusalSentence
{
    /// <param name="refusal">The numbers.</param>
    /// <param name="answered">How the server said so.</param>
    /// <param name="said">What the server said, for want of numbers.</param>
    public static string Of(ContextRefusal refusal, string answered, string said)
    {
        string window = Count(refusal.ContextWindow);
        string asked = Count(refusal.RequestedMaxTokens);
        string prompt = (refusal.PromptIsLowerBound ? "at least " : "") + Count(refusal.PromptTokens);

        return refusal switch
        {
            { PromptAloneIsTooLong: true, PromptTokens: { } p, ContextWindow: { } w } when p == w =>
                $"The prompt fills the model's context window of {window} tokens ({answered}). Shorten the messages.",
            { PromptAloneIsTooLong: true, PromptTokens: not null, ContextWindow: not null } =>
                $"The prompt needs {prompt} tokens but the model's context window is {window} ({answered}). "
                + "Shorten the messages.",
            { PromptAloneIsTooLong: true } =>
                $"The prompt leaves no room for output in the model's context window ({answered}){said} "
                + "Shorten the messages.",
            { RequestedMaxTokens: { } a, ContextWindow: { } w } when a > w =>
                $"The request asks for {asked} output tokens but the model's context window is {window} ({answered}). "
                + "Lower MaxTokens.",
            { PromptAloneIsTooLong: false, PromptTokens: { } p, ContextWindow: { } w, RequestedMaxTokens: not null } =>
                $"A prompt of {prompt} tokens and {asked} output tokens do not fit the model's context window of "
                + $"{window} ({answered}). Lower MaxTokens to at most {Count(w - p)}, or shorten the messages.",
            { PromptTokens: not null, ContextWindow: not null, RequestedMaxTokens: not null } =>
                $"A prompt of {prompt} tokens and {asked} output tokens do not fit the model's context window of "
                + $"{window} ({answered}). Shorten the messages or lower MaxTokens.",
            _ =>
                $"The request does not fit the model's context window ({answered}){said} "
                + "Shorten the messages or lower MaxTokens.",
        };
    }

    /// <summary>The same of a model that writes nothing, whose inputs the server can cut.</summary>
    public static string OfInput(ContextRefusal refusal, string answered, string said)
    {
        const string WayOut = "Shorten it, or have the server cut it: TruncateTo -1 is the model's window.";
        return refusal switch
        {
            { PromptTokens: { } tokens, ContextWindow: not null } when tokens > 0 =>
                $"An input needs {(refusal.PromptIsLowerBound ? "at least " : "")}{Count(tokens)} tokens but the model's window is {Count(refusal.ContextWindow)} ({answered}). {WayOut}",
            _ => $"An input does not fit the model's window ({answered}){said} {WayOut}",
        };
    }

    private static string Count(int? tokens) => tokens?.ToString("N0", CultureInfo.InvariantCulture) ?? "";
}

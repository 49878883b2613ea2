using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace VllmAdapter;

/// <summary>
/// Knows the sentences in which vLLM, in all its versions, refuses what does not fit the context window.
/// </summary>
/// <remarks>The sentence may stand inside a longer text: LiteLLM nests vLLM's whole JSON in its own message.</remarks>
internal static class ContextRefusalReader
{
    private const StringComparison AnyCase = StringComparison.OrdinalIgnoreCase;

    private static readonly SearchValues<char> Digits = SearchValues.Create("-0123456789");

    private static readonly string[] Signs =
    [
        "maximum context length",
        "context length is only",
        "maximum model length",
        "cannot be greater than max_model_len",
        "ContextWindowExceededError",           // LiteLLM's own word
        "too long to fit into the model",       // pictures, up to 0.8.5 (vllm#11657)
        "longer than the model's context",      // SGLang
        "exceeds the available context size",   // llama.cpp
    ];

    /// <param name="message">The server's words.</param>
    /// <param name="param">The field that the server blames.</param>
    /// <param name="requestedMaxTokens">The max tokens that the caller asked for.</param>
    /// <param name="refusal">The numbers that the words hold.</param>
    /// <param name="mayBeLess">
    /// True for a route on which the words may name the window less max tokens (<c>/v1/completions</c> of vLLM 0.11, even below zero): no window
    /// is read off them then.
    /// </param>
    public static bool TryRead(
        string message, string? param, int? requestedMaxTokens, [NotNullWhen(true)] out ContextRefusal? refusal, bool mayBeLess = false)
    {
        refusal = LeavesNoRoomForOutput(message, requestedMaxTokens) || IsRefusal(message, param)
            ? Read(message, requestedMaxTokens, mayBeLess && ShowsPromptAlone(message))
            : null;

        return refusal is not null;
    }

    private static bool IsRefusal(string message, string? param) =>
        Signs.Any(sign => message.Contains(sign, AnyCase))
        || param switch
        {
            "input_tokens" or "input_text" => true,
            "max_tokens" or "max_completion_tokens" =>
                message.Contains("max_model_len", AnyCase) || message.Contains("context", AnyCase),
            _ => false,
        };

    // vLLM fills in what the prompt leaves over, and then refuses its own 0 (older versions: a negative number).
    // The same sentence about a number that the caller sent is an ordinary mistake.
    private static bool LeavesNoRoomForOutput(string message, int? requestedMaxTokens) =>
        requestedMaxTokens is null or > 0
        && Number(message, "_tokens must be at least 1, got ") is <= 0;

    // vLLM 0.10.1 to 0.17; the number of the window in it may be less than the window (vllm#33418).
    private static bool ShowsPromptAlone(string message) => message.Contains("However, your request has ", AnyCase);

    private static ContextRefusal Read(string message, int? requestedMaxTokens, bool mayBeLess)
    {
        int? window = Window(message);
        bool isLowerBound = message.Contains("prompt contains at least ", AnyCase);
        int? prompt = PromptTokens(message);

        // vLLM writes 0 when the request set no max tokens.
        int? requested = (Requested(message) ?? requestedMaxTokens) is { } asked and > 0 ? asked : null;

        return new()
        {
            ContextWindow = mayBeLess || window <= 0 ? null : window,
            PromptTokens = prompt,
            PromptIsLowerBound = isLowerBound && prompt is not null,
            RequestedMaxTokens = requested,
            PromptAloneIsTooLong = PromptAlone(message, requestedMaxTokens, window, prompt, isLowerBound),
        };
    }

    private static int? Window(string message) =>
        Number(message, "context length is only ", " tokens")
        ?? Number(message, "maximum context length is ", " tokens")
        ?? Number(message, "maximum context length (", ")")
        ?? Number(message, "maximum context length of ", " tokens")
        ?? Number(message, "maximum model length of ")
        ?? Number(message, "max_model_len=")
        ?? Number(message, "max_total_tokens=") // 0.20.2: "max_model_len=max_total_tokens=2048"
        ?? Number(message, "the model (context length ", ")")
        ?? Number(message, "model's context length (", " tokens)")
        ?? Number(message, "available context size (", " tokens)");

    private static int? PromptTokens(string message) =>
        Number(message, "prompt contains at least ", " input tokens")
        ?? Number(message, "prompt contains ", " input tokens")
        ?? Number(message, "request has ", " input tokens")
        ?? Number(message, "You passed ", " input tokens")
        ?? Number(message, " tokens (", " in the messages")
        ?? Number(message, "you requested ", " tokens in the ")
        ?? Number(message, "prompt (length ", ")")
        ?? Number(message, "Input length (", ")")
        ?? Number(message, "prompt (total length ", ")")
        ?? Number(message, "The input (", " tokens)")
        ?? Number(message, "tokens: ", " tokens from the input messages") // SGLang
        ?? Number(message, "request (", " tokens) exceeds the available");

    private static int? Requested(string message) =>
        Number(message, "requested ", " output tokens")
        ?? Number(message, " in the messages, ", " in the completion")
        ?? Number(message, " input messages and ", " tokens for the completion") // SGLang
        ?? Number(message, "is too large: ")
        ?? Number(message, "_tokens=", " cannot be greater than max_model_len");

    private static bool? PromptAlone(string message, int? asked, int? window, int? prompt, bool isLowerBound)
    {
        // Characters were counted instead of tokens; what they were held against is the window less the output.
        int? room = Number(message, "upper bound for ", " input tokens")
            ?? Number(message, "resulting in a maximum input length of ", " tokens");

        return (window, prompt) switch
        {
            _ when LeavesNoRoomForOutput(message, asked) => true,
            (null, _) => null,
            (_, null) => room >= window ? true : null,

            // vLLM 0.15 shows the window less max_tokens in this one sentence (vllm#33418).
            _ when ShowsPromptAlone(message) =>
                prompt >= window + (asked ?? 0) ? true : null,
            _ when prompt >= window => true,
            _ when isLowerBound => null,
            _ => false,
        };
    }

    // The number right after some words, where other words follow it.
    private static int? Number(string message, string before, string after = "")
    {
        for (int at = 0; (at = message.IndexOf(before, at, AnyCase)) >= 0;)
        {
            at += before.Length;
            ReadOnlySpan<char> rest = message.AsSpan(at);
            int length = rest.IndexOfAnyExcept(Digits) is >= 0 and var end ? end : rest.Length;
            if (rest[length..].StartsWith(after, AnyCase) && int.TryParse(
                rest[..length], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number))
            {
                return number;
            }
        }

        return null;
    }
}

using System.Collections.Frozen;

namespace VllmAdapter;

/// <summary>What the words mean with which servers of other makes say why a choice ended; a word that is not listed stays as it is.</summary>
internal static class FinishWords
{
    private static readonly FrozenDictionary<string, string?> Meanings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
    {
        // Not finished, written as a word (ollama#4357).
        [""] = null,
        ["null"] = null,
        ["none"] = null,

        // The end token, or a stop string (huggingface/text-generation-inference#2344; end_turn is Anthropic's).
        ["stop"] = "stop",
        ["eos"] = "stop",
        ["eos_token"] = "stop",
        ["end_turn"] = "stop",
        ["stop_sequence"] = "stop",

        // A limit (max_tokens is Anthropic's and Google's, model_length Mistral's).
        ["length"] = "length",
        ["max_tokens"] = "length",
        ["model_length"] = "length",

        ["tool_calls"] = "tool_calls",
        ["tool_use"] = "tool_calls",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The word as vLLM would write it; null if it says that the choice has not ended.</summary>
    public static string? Read(string word) => Meanings.TryGetValue(word, out string? meaning) ? meaning : word;
}

using System.Text.Json;

namespace VllmAdapter;

/// <summary>One piece of what the model writes on a prompt, handed out by the same read that completed it.</summary>
/// <remarks>Immutable. The last chunk of every stream carries the <see cref="Outcome"/> and nothing else. Pieces of several prompts and choices come in any order.</remarks>
public sealed record TextChunk
{
    /// <summary>The prompt that the piece belongs to: its place in <see cref="TextRequest.Prompts"/>.</summary>
    public int PromptIndex { get; init; }

    /// <summary>The choice of that prompt, from 0.</summary>
    public int ChoiceIndex { get; init; }

    /// <summary>A piece of text; empty when the chunk carries none.</summary>
    public string Text { get; init; } = "";

    /// <summary>Why the server ended this choice, on the chunk that says so. The same chunk may carry the last piece of text.</summary>
    public FinishReason? FinishReason { get; init; }

    /// <summary>What stopped the choice, next to its finish reason: the stop string, the number of the stop token, or null.</summary>
    public string? StopReason { get; init; }

    /// <summary>The tokens counted so far, where the server says it: of this choice and its prompt, on the last chunk before the outcome of all.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>Log probabilities of this piece's tokens, if they were asked for.</summary>
    public IReadOnlyList<TokenLogprob>? Logprobs { get; init; }

    /// <summary>The ids of this piece's tokens, if they were asked for.</summary>
    public IReadOnlyList<int>? TokenIds { get; init; }

    /// <summary>The ids of the prompt's tokens: on the first chunk of a choice, if they were asked for (vLLM 0.11.0 sends them unasked).</summary>
    public IReadOnlyList<int>? PromptTokenIds { get; init; }

    /// <summary>Fields of the server's chunk that the library has no property for and that are not null, by name; null if there are none.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Extra { get; init; }

    /// <summary>The same of the choice; null if there are none.</summary>
    public IReadOnlyDictionary<string, JsonElement>? ChoiceExtra { get; init; }

    /// <summary>How the stream ended: exactly once, on one more, otherwise empty, chunk at the end.</summary>
    public StreamOutcome? Outcome { get; init; }

    /// <summary>The piece of text.</summary>
    public override string ToString() => Text;

    /// <param name="chunk">A chunk as the pump hands it out.</param>
    /// <param name="choicesPerPrompt">How many choices each prompt has: vLLM counts the choices of all prompts on.</param>
    internal static TextChunk Of(ChatChunk chunk, int choicesPerPrompt) => new()
    {
        PromptIndex = chunk.ChoiceIndex / choicesPerPrompt,
        ChoiceIndex = chunk.ChoiceIndex % choicesPerPrompt,
        Text = chunk.Text,
        FinishReason = chunk.FinishReason,
        StopReason = chunk.StopReason,
        Usage = chunk.Usage,
        Logprobs = chunk.Logprobs,
        TokenIds = chunk.TokenIds,
        PromptTokenIds = chunk.PromptTokenIds,
        Extra = chunk.Extra,
        ChoiceExtra = chunk.ChoiceExtra,
        Outcome = chunk.Outcome,
    };
}

using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>
/// What the next prompt of a conversation has at least: the prompt before it, and its answer, if both are in it still. Known by the messages
/// themselves, so that conversations may run side by side. Thread-safe.
/// </summary>
internal sealed class PromptFloors
{
    private readonly ConditionalWeakTable<ChatMessage, Floor> _floors = [];

    /// <summary>The tokens that the prompt has at least; 0 if nothing is known of it.</summary>
    public TokenCount LeastOf(IReadOnlyList<ChatMessage> prompt, ChatOptions? options)
    {
        for (int at = prompt.Count - 1; at >= 0; at--)
        {
            if (!_floors.TryGetValue(prompt[at], out Floor? floor))
                continue;

            // With fewer messages before it, or other tools, it is another prompt.
            if (floor.Asked != Asked.With(at, options))
                break;

            return TokenCount.AtLeast(floor.Prompt + (prompt.Skip(at + 1).Any(message => message.Role == ChatRole.Assistant) ? floor.Answer : 0));
        }

        return TokenCount.AtLeast(0);
    }

    /// <summary>Takes over what a prompt and its answer were counted as.</summary>
    public void Learn(IReadOnlyList<ChatMessage> prompt, ChatOptions? options, StreamOutcome outcome)
    {
        // A correction is no part of the history, so that only what was asked first comes again.
        StreamOutcome first = outcome.Parts is [var part, ..] ? part : outcome;
        if (prompt.Count > 0 && first.Usage is { PromptTokens: > 0 } usage)
            _floors.AddOrUpdate(prompt[^1], new Floor(Asked.With(prompt.Count - 1, options), usage.PromptTokens, outcome.Parts.Count > 0 ? 0 : AnswerOf(outcome, usage)));
    }

    // Most templates leave past thoughts out, even where they are sent; and what was withheld does not come again.
    private static long AnswerOf(StreamOutcome outcome, TokenUsage usage) =>
        !outcome.IsComplete || outcome.WithheldToolCalls.Count > 0 || outcome.Evidence.Choices.Count != 1 ? 0
        : outcome.Evidence.Choices[0].ReasoningLength == 0 ? usage.CompletionTokens
        : usage.Details?.ReasoningTokens is { } thoughts ? Math.Max(0, usage.CompletionTokens - thoughts)
        : 0;

    private sealed record Floor(Asked Asked, long Prompt, long Answer);

    private sealed record Asked(int At, int Tools, string? Instructions)
    {
        public static Asked With(int at, ChatOptions? options) => new(at, options?.Tools?.Count ?? 0, options?.Instructions);
    }
}

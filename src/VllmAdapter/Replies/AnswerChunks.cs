using System.Text.Json;

namespace VllmAdapter;

/// <summary>Takes an answer apart into the chunks that make it up.</summary>
internal static class AnswerChunks
{
    public static async IAsyncEnumerable<ChatChunk> Of(ChatAnswer answer)
    {
        IReadOnlyDictionary<string, JsonElement>? extra = answer.Extra;
        foreach (ChatChoice choice in answer.Choices)
        {
            yield return new ChatChunk
            {
                ChoiceIndex = choice.Index,
                Text = choice.Text,
                Reasoning = choice.Reasoning,
                Refusal = choice.Refusal,
                Logprobs = choice.Logprobs,
                TokenIds = choice.TokenIds,
                PromptTokenIds = choice.PromptTokenIds,
                ChoiceExtra = choice.Extra,
                Extra = extra,
                FinishReason = answer.Outcome.Choices.FirstOrDefault(ended => ended.Index == choice.Index)?.FinishReason,
                Usage = answer.Choices.Count == 1 ? answer.Usage : null,
            };
            extra = null;
        }

        yield return new ChatChunk { HasChoice = false, Outcome = answer.OutcomeWithText };
        await Task.CompletedTask.ConfigureAwait(false);
    }
}

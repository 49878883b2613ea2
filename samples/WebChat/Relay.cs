using System.Net.ServerSentEvents;
using VllmAdapter;

namespace WebChat;

/// <summary>One turn of the talk, as the page keeps it.</summary>
internal sealed record Said(string Role, string Text);

/// <summary>Between the page and the adapter.</summary>
internal static class Relay
{
    public static ChatRequest Question(Said[] talk) => new()
    {
        Messages = [.. talk.Select<Said, VllmMessage>(said => said.Role == "assistant" ? VllmMessage.Assistant(said.Text) : VllmMessage.User(said.Text))],
        MaxTokens = 1_000,

        // The page shows what came, and how it ended, whatever that was.
        OnIncompleteStream = IncompleteStreamBehavior.Report,
    };

    /// <summary>Events named "text", "thought", and at last one of "end", "broken" and "refused" with a sentence for people.</summary>
    public static async IAsyncEnumerable<SseItem<string>> ToBrowserAsync(ChatStream answer)
    {
        await using IAsyncEnumerator<ChatChunk> chunks = answer.GetAsyncEnumerator();
        while (true)
        {
            string? refusal = null;
            try
            {
                if (!await chunks.MoveNextAsync())
                    yield break;
            }
            catch (VllmRequestException refused)
            {
                refusal = refused.Message;
            }

            if (refusal is not null)
            {
                yield return new SseItem<string>(refusal, "refused");
                yield break;
            }

            ChatChunk chunk = chunks.Current;
            if (chunk.Reasoning.Length > 0)
                yield return new SseItem<string>(chunk.Reasoning, "thought");

            if (chunk.Text.Length > 0)
                yield return new SseItem<string>(chunk.Text, "text");

            if (chunk.Outcome is { } outcome)
                yield return new SseItem<string>(outcome.Explain(), outcome.IsComplete ? "end" : "broken");
        }
    }
}

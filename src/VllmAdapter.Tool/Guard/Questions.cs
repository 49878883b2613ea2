using System.Runtime.CompilerServices;

namespace VllmAdapter.Tool.Guard;

/// <summary>Asks what a client asked, on its route, through an adapter.</summary>
internal static class Questions
{
    public static IAsyncEnumerable<ChatChunk> Ask(VllmInferenceAdapter adapter, GuardedRequest asked, RequestHeaders? headers) => asked.Route switch
    {
        GuardedRoute.Completions => Chunks(asked.ChoicesPerPrompt, adapter.StreamTextAsync(new TextRequest
        {
            Prompts = [],
            Extra = asked.Json,
            Stream = asked.IsStreamed,
            SendUnchecked = true,
            Headers = headers,
        })),
        GuardedRoute.Responses => adapter.StreamResponseAsync(new ResponseRequest
        {
            Input = [],
            Extra = asked.Json,
            Stream = asked.IsStreamed,
            SendUnchecked = true,
            Headers = headers,
        }),
        _ => adapter.StreamChatAsync(new ChatRequest
        {
            Messages = [],
            Extra = asked.Json,
            Stream = asked.IsStreamed,
            SendUnchecked = true,
            Headers = headers,
        }),
    };

    // Choices of all prompts are counted on, as on the wire.
    private static async IAsyncEnumerable<ChatChunk> Chunks(int perPrompt, TextStream stream, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (TextChunk chunk in stream.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return new ChatChunk
            {
                ChoiceIndex = (chunk.PromptIndex * perPrompt) + chunk.ChoiceIndex,
                Text = chunk.Text,
                FinishReason = chunk.FinishReason,
                Outcome = chunk.Outcome,
            };
        }
    }
}

using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Completions;

/// <summary>Everything that came of one call of plain completions: the chunks, and the answer or the failure.</summary>
internal sealed record PlayedText(IReadOnlyList<TextChunk> Chunks, TextAnswer? Answer, Exception? Failure)
{
    public StreamOutcome Outcome => Answer?.Outcome ?? throw new InvalidOperationException("There is no outcome.", Failure);

    public static Task<PlayedText> RunAsync(CannedServer server, TextRequest request) => RunAsync(server.NewAdapter(), request);

    public static Task<PlayedText> RunAsync(string body, TextRequest? request = null) =>
        RunAsync(CannedServer.Saying(body), request ?? TextRequest.FromPrompt("Once"));

    public static async Task<PlayedText> RunAsync(VllmInferenceAdapter adapter, TextRequest request)
    {
        TextStream stream = adapter.StreamTextAsync(request);
        List<TextChunk> chunks = [];
        try
        {
            await foreach (TextChunk chunk in stream)
                chunks.Add(chunk);

            return new PlayedText(chunks, stream.Answer, Failure: null);
        }
        catch (IncompleteStreamException incomplete)
        {
            return new PlayedText(chunks, TextAnswer.Of(incomplete.Received), incomplete);
        }
        catch (VllmRequestException refused)
        {
            return new PlayedText(chunks, Answer: null, refused);
        }
    }
}

namespace VllmAdapter.Tests.Wire;

/// <summary>Everything that came of one call: the chunks, and the outcome or the failure.</summary>
internal sealed record Played(IReadOnlyList<ChatChunk> Chunks, ChatAnswer? Completion, Exception? Failure)
{
    public StreamOutcome Outcome => Completion?.Outcome ?? throw new InvalidOperationException("There is no outcome.", Failure);

    public string Text => string.Concat(Chunks.Where(chunk => chunk.ChoiceIndex == 0).Select(chunk => chunk.Text));

    public static Task<Played> RunAsync(CannedServer server, ChatRequest request, VllmAdapterOptions? options = null) =>
        RunAsync(server.NewAdapter(options), request);

    public static async Task<Played> RunAsync(VllmInferenceAdapter adapter, ChatRequest request)
    {
        ChatStream stream = adapter.StreamChatAsync(request);
        List<ChatChunk> chunks = [];
        try
        {
            await foreach (ChatChunk chunk in stream)
                chunks.Add(chunk);

            return new Played(chunks, stream.Answer, Failure: null);
        }
        catch (IncompleteStreamException incomplete)
        {
            return new Played(chunks, incomplete.Received, incomplete);
        }
        catch (VllmRequestException refused)
        {
            return new Played(chunks, Completion: null, refused);
        }
    }

    public static Task<Played> RunAsync(string body, ChatRequest? request = null) =>
        RunAsync(CannedServer.Saying(body), request ?? ChatRequest.FromPrompt("Hello."));
}

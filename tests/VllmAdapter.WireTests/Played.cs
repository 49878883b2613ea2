using VllmAdapter.Testing;

namespace VllmAdapter.WireTests;

/// <summary>Everything that came of one call over a real socket: the chunks, and the outcome or the failure.</summary>
internal sealed record Played(IReadOnlyList<ChatChunk> Chunks, ChatAnswer? Completion, Exception? Failure)
{
    public static ChatRequest Request { get; } = ChatRequest.FromPrompt("Hello.") with { MaxTokens = 100 };

    public StreamOutcome Outcome => Completion?.Outcome ?? throw new InvalidOperationException("There is no outcome.", Failure);

    // The servers here answer always in the same way: asking again would only wait.
    public static VllmInferenceAdapter NewAdapter(Uri endpoint, VllmAdapterOptions? options = null, TimeProvider? clock = null)
    {
        options ??= new VllmAdapterOptions();
        options.Resilience.MaxAttempts = 1;
        options.ContextWindow ??= 2048;
        return new VllmInferenceAdapter(endpoint, options, client: null, clock, logger: null);
    }

    public static Task<Played> RunAsync(RawServer server, ChatRequest? request = null, ManualTimeProvider? clock = null) =>
        RunAsync(NewAdapter(server.Endpoint, clock: clock), server, request);

    public static async Task<Played> RunAsync(VllmInferenceAdapter adapter, RawServer server, ChatRequest? request = null)
    {
        ChatStream stream = adapter.StreamChatAsync(request ?? Request);
        List<ChatChunk> chunks = [];
        try
        {
            await ReadAsync(stream, chunks, server.Client).WaitAsync(RawServer.Guard);
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

    private static async Task ReadAsync(ChatStream stream, List<ChatChunk> chunks, ClientProgress progress)
    {
        await foreach (ChatChunk chunk in stream)
        {
            chunks.Add(chunk);
            progress.HandedOut();
        }
    }
}

using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Audio;

/// <summary>Everything that came of one transcription or translation: the chunks of a streamed one, and the text or the failure.</summary>
internal sealed record PlayedSpeech(IReadOnlyList<TranscriptionChunk> Chunks, Transcription? Answer, Exception? Failure)
{
    public static readonly AudioFile Sound = AudioFile.FromBytes("RIFF sound"u8.ToArray(), "call.wav");

    public StreamOutcome Outcome => Answer?.Outcome ?? throw new InvalidOperationException("There is no outcome.", Failure);

    public static Task<PlayedSpeech> RunAsync(CannedServer server, TranscriptionRequest? request = null, bool translates = false) =>
        RunAsync(server.NewAdapter(), request ?? new TranscriptionRequest { Audio = Sound }, translates);

    public static async Task<PlayedSpeech> RunAsync(VllmInferenceAdapter adapter, TranscriptionRequest request, bool translates = false)
    {
        List<TranscriptionChunk> chunks = [];
        try
        {
            if (request.Segments || !request.Stream)
                return new PlayedSpeech(chunks, await (translates ? adapter.TranslateAsync(request) : adapter.TranscribeAsync(request)), Failure: null);

            TranscriptionStream stream = translates ? adapter.StreamTranslationAsync(request) : adapter.StreamTranscriptionAsync(request);
            await foreach (TranscriptionChunk chunk in stream)
                chunks.Add(chunk);

            return new PlayedSpeech(chunks, stream.Answer, Failure: null);
        }
        catch (IncompleteStreamException incomplete)
        {
            return new PlayedSpeech(chunks, Transcription.Of(incomplete.Received), incomplete);
        }
        catch (VllmRequestException refused)
        {
            return new PlayedSpeech(chunks, Answer: null, refused);
        }
    }
}

namespace VllmAdapter;

/// <summary>A transcription on its way: nothing is sent before it is enumerated, and it can be enumerated once.</summary>
/// <inheritdoc cref="TextStream" path="/remarks"/>
public sealed class TranscriptionStream : IAsyncEnumerable<TranscriptionChunk>
{
    private readonly ChatStream _stream;

    internal TranscriptionStream(ChatStream stream) => _stream = stream;

    /// <inheritdoc cref="ChatStream.Outcome"/>
    public StreamOutcome Outcome => _stream.Outcome;

    /// <inheritdoc cref="ChatStream.Answer"/>
    public Transcription Answer => field ??= Transcription.Of(_stream.Answer);

    /// <inheritdoc cref="ChatStream.GetAsyncEnumerator"/>
    public IAsyncEnumerator<TranscriptionChunk> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new MappedChunks<TranscriptionChunk>(_stream.GetAsyncEnumerator(cancellationToken), TranscriptionChunk.Of);

    /// <summary>Enumerates to the end, and returns what was gathered.</summary>
    internal async Task<Transcription> GatherAsync()
    {
        await ChatStream.GatherAsync(_stream).ConfigureAwait(false);
        return Answer;
    }
}

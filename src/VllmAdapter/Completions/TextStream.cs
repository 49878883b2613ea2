namespace VllmAdapter;

/// <summary>Text on its way: nothing is sent before it is enumerated, and it can be enumerated once.</summary>
/// <remarks>
/// Leaving the loop early hangs up, which makes vLLM stop generating. Not thread-safe: a call of <c>MoveNextAsync</c> or <c>DisposeAsync</c> while
/// another <c>MoveNextAsync</c> is under way is refused with <see cref="InvalidOperationException"/>. <see cref="Outcome"/> and <see cref="Answer"/> may
/// be read from anywhere once the enumeration is over.
/// </remarks>
public sealed class TextStream : IAsyncEnumerable<TextChunk>
{
    private readonly ChatStream _stream;
    private readonly int _choicesPerPrompt;

    internal TextStream(ChatStream stream, int choicesPerPrompt) => (_stream, _choicesPerPrompt) = (stream, choicesPerPrompt);

    /// <inheritdoc cref="ChatStream.Outcome"/>
    public StreamOutcome Outcome => _stream.Outcome;

    /// <inheritdoc cref="ChatStream.Answer"/>
    public TextAnswer Answer => field ??= TextAnswer.Of(_stream.Answer);

    /// <inheritdoc cref="ChatStream.GetAsyncEnumerator"/>
    public IAsyncEnumerator<TextChunk> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        int perPrompt = _choicesPerPrompt;
        return new MappedChunks<TextChunk>(_stream.GetAsyncEnumerator(cancellationToken), chunk => TextChunk.Of(chunk, perPrompt));
    }

    /// <summary>Enumerates to the end, and returns what was gathered.</summary>
    internal async Task<TextAnswer> GatherAsync()
    {
        await ChatStream.GatherAsync(_stream).ConfigureAwait(false);
        return Answer;
    }
}

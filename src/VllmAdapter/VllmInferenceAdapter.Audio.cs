namespace VllmAdapter;

public sealed partial class VllmInferenceAdapter
{
    /// <summary>Transcribes speech in its own language. The reply is streamed underneath, because only the stream shows whether a piece was cut.</summary>
    /// <param name="request">What to write down.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>, and the work on the server.</param>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="ObjectDisposedException">The adapter, its client or a handler is disposed.</exception>
    /// <exception cref="VllmRequestException">The server refused (a file that is not audio, an unknown language, more than 25 MB), or its reply is not whole.</exception>
    /// <exception cref="IncompleteStreamException">The reply did not end as it should; <see cref="Transcription.Of(ChatAnswer)"/> reads what came.</exception>
    /// <exception cref="ChatCanceledException">The caller canceled a streamed reply; what came is in it.</exception>
    public async Task<Transcription> TranscribeAsync(TranscriptionRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return await TranscriptionCalls.Transcribing(NewSetup(), NewRouteCalls()).AskAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc cref="TranscribeAsync(TranscriptionRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="audio">What to write down.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>, and the work on the server.</param>
    public Task<Transcription> TranscribeAsync(AudioFile audio, CancellationToken cancellationToken = default) =>
        TranscribeAsync(new TranscriptionRequest { Audio = audio }, cancellationToken);

    /// <summary>Has speech written down in its own language, and hands the text out as it comes.</summary>
    /// <param name="request">What to write down.</param>
    /// <param name="cancellationToken">Ends the stream with <see cref="OperationCanceledException"/>, and the work on the server.</param>
    /// <returns>The stream; nothing is sent before it is enumerated.</returns>
    /// <exception cref="ArgumentException">The request cannot be streamed (<see cref="TranscriptionRequest.Segments"/>), or not be sent as it is.</exception>
    /// <exception cref="ObjectDisposedException">The adapter, its client or a handler is disposed.</exception>
    /// <remarks>
    /// A finish reason ends a piece of 30 seconds, not the stream: text may follow it. The enumeration throws <see cref="VllmRequestException"/> if the
    /// request never became a stream, and, after everything received was handed out, <see cref="IncompleteStreamException"/> if it did not come to its end.
    /// </remarks>
    public TranscriptionStream StreamTranscriptionAsync(TranscriptionRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return TranscriptionCalls.Transcribing(NewSetup(), NewRouteCalls()).Stream(request, cancellationToken);
    }

    /// <inheritdoc cref="StreamTranscriptionAsync(TranscriptionRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="audio">What to write down.</param>
    /// <param name="cancellationToken">Ends the stream with <see cref="OperationCanceledException"/>, and the work on the server.</param>
    public TranscriptionStream StreamTranscriptionAsync(AudioFile audio, CancellationToken cancellationToken = default) =>
        StreamTranscriptionAsync(new TranscriptionRequest { Audio = audio }, cancellationToken);

    /// <summary>Translates speech into English, whatever language is spoken (<see cref="TranscriptionRequest.Language"/> says which).</summary>
    /// <inheritdoc cref="TranscribeAsync(TranscriptionRequest, CancellationToken)"/>
    public async Task<Transcription> TranslateAsync(TranscriptionRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return await TranscriptionCalls.Translating(NewSetup(), NewRouteCalls()).AskAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc cref="TranslateAsync(TranscriptionRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="audio">What to write down.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>, and the work on the server.</param>
    public Task<Transcription> TranslateAsync(AudioFile audio, CancellationToken cancellationToken = default) =>
        TranslateAsync(new TranscriptionRequest { Audio = audio }, cancellationToken);

    /// <summary>Translates speech into English, and hands the text out as it comes.</summary>
    /// <inheritdoc cref="StreamTranscriptionAsync(TranscriptionRequest, CancellationToken)"/>
    public TranscriptionStream StreamTranslationAsync(TranscriptionRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return TranscriptionCalls.Translating(NewSetup(), NewRouteCalls()).Stream(request, cancellationToken);
    }

    /// <inheritdoc cref="StreamTranslationAsync(TranscriptionRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="audio">What to write down.</param>
    /// <param name="cancellationToken">Ends the stream with <see cref="OperationCanceledException"/>, and the work on the server.</param>
    public TranscriptionStream StreamTranslationAsync(AudioFile audio, CancellationToken cancellationToken = default) =>
        StreamTranslationAsync(new TranscriptionRequest { Audio = audio }, cancellationToken);
}

namespace VllmAdapter;

public sealed partial class VllmInferenceAdapter
{
    /// <summary>Has the model write on prompts as they stand, without a chat template, and hands the text out as it comes.</summary>
    /// <param name="request">What to write on.</param>
    /// <param name="cancellationToken">Ends the stream with <see cref="OperationCanceledException"/>, and the generation on the server.</param>
    /// <returns>The stream; nothing is sent before it is enumerated.</returns>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="ObjectDisposedException">The adapter, its client or a handler is disposed.</exception>
    /// <remarks>
    /// The enumeration throws <see cref="VllmRequestException"/> if the request never became a stream (one refused prompt refuses them all), and, after
    /// everything received was handed out, <see cref="IncompleteStreamException"/> if the stream did not end the way an answer ends.
    /// </remarks>
    public TextStream StreamTextAsync(TextRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new TextCalls(NewSetup()).Stream(request, cancellationToken);
    }

    /// <summary>Has the model write on one prompt, 16 tokens as the server has it, and hands the text out as it comes.</summary>
    /// <inheritdoc cref="StreamTextAsync(TextRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="prompt">The text to write on.</param>
    /// <param name="cancellationToken">Ends the stream with <see cref="OperationCanceledException"/>, and the generation on the server.</param>
    public TextStream StreamTextAsync(string prompt, CancellationToken cancellationToken = default) =>
        StreamTextAsync(TextRequest.FromPrompt(prompt), cancellationToken);

    /// <summary>Has the model write on prompts as they stand, and gathers the text. It is streamed underneath, unless <see cref="TextRequest.Stream"/> says otherwise.</summary>
    /// <param name="request">What to write on.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="ChatCanceledException"/>, and the generation on the server.</param>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="ObjectDisposedException">The adapter, its client or a handler is disposed.</exception>
    /// <exception cref="VllmRequestException">The request never became a stream.</exception>
    /// <exception cref="IncompleteStreamException">The stream did not end the way an answer ends; <see cref="TextAnswer.Of(ChatAnswer)"/> reads what came.</exception>
    /// <exception cref="ChatCanceledException">The caller canceled; what came is in it.</exception>
    public async Task<TextAnswer> CompleteTextAsync(TextRequest request, CancellationToken cancellationToken = default) =>
        await StreamTextAsync(request, cancellationToken).GatherAsync().ConfigureAwait(false);

    /// <summary>Has the model write on one prompt, 16 tokens as the server has it, and gathers the text.</summary>
    /// <inheritdoc cref="CompleteTextAsync(TextRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="prompt">The text to write on.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="ChatCanceledException"/>, and the generation on the server.</param>
    public Task<TextAnswer> CompleteTextAsync(string prompt, CancellationToken cancellationToken = default) =>
        CompleteTextAsync(TextRequest.FromPrompt(prompt), cancellationToken);
}

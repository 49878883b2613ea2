namespace VllmAdapter;

public sealed partial class VllmInferenceAdapter
{
    /// <summary>Makes one text into a vector.</summary>
    /// <inheritdoc cref="EmbedAsync(EmbeddingRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="text">The text; it may be empty.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    public Task<EmbeddingResult> EmbedAsync(string text, CancellationToken cancellationToken = default) =>
        EmbedAsync(new EmbeddingRequest { Inputs = [PoolingInput.FromText(text)] }, cancellationToken);

    /// <summary>Makes texts into vectors, one for each.</summary>
    /// <inheritdoc cref="EmbedAsync(EmbeddingRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="texts">The texts, at least one.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    public Task<EmbeddingResult> EmbedAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return EmbedAsync(new EmbeddingRequest { Inputs = [.. texts.Select(PoolingInput.FromText)] }, cancellationToken);
    }

    /// <summary>Makes inputs into vectors, one for each.</summary>
    /// <param name="request">What to embed, and how.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>, and what is under way on the server.</param>
    /// <returns>
    /// One vector for each input, in their order: all of one length, of the one that was asked for, and of finite numbers. There is no result with fewer.
    /// </returns>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="ObjectDisposedException">The adapter, its client or a handler is disposed.</exception>
    /// <exception cref="VllmRequestException">
    /// The server did not answer, refused, or its answer is not whole (<see cref="RequestFailure.InvalidReply"/>): of one request of those that many inputs
    /// take, which the message then names; the others are cancelled.
    /// </exception>
    /// <remarks>
    /// Many inputs go in several requests (<see cref="PoolingBatchRequest.MaxBatchSize"/>), each with its own attempts and its own span.
    /// <see cref="StreamEmbeddingsAsync"/> hands out each as it comes, so that a failure loses nothing that was received.
    /// </remarks>
    public Task<EmbeddingResult> EmbedAsync(EmbeddingRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return EmbeddingCalls.AskAsync(NewRouteCalls(), request, cancellationToken);
    }

    /// <summary>Makes inputs into vectors and hands them out request by request, in the order of the inputs: for more than fits the memory.</summary>
    /// <param name="request">What to embed, and how.</param>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    /// <returns>
    /// Results of up to <see cref="PoolingBatchRequest.MaxBatchSize"/> vectors each. Beside the one handed out,
    /// <see cref="PoolingBatchRequest.MaxParallelRequests"/> are under way at most; nothing is sent before the enumeration begins.
    /// </returns>
    /// <inheritdoc cref="EmbedAsync(EmbeddingRequest, CancellationToken)" path="/exception"/>
    /// <remarks>A failure is thrown in its place: what lies before it was handed out, what lies after it is cancelled.</remarks>
    public IAsyncEnumerable<EmbeddingResult> StreamEmbeddingsAsync(EmbeddingRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return EmbeddingCalls.StreamAsync(NewRouteCalls(), request, cancellationToken);
    }
}

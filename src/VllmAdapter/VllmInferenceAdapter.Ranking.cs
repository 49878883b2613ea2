namespace VllmAdapter;

public sealed partial class VllmInferenceAdapter
{
    /// <summary>Puts documents in order of their relevance to a query.</summary>
    /// <inheritdoc cref="RerankAsync(RerankRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="query">What the documents are to be relevant to.</param>
    /// <param name="documents">The documents, at least one.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    public Task<RerankResult> RerankAsync(string query, IReadOnlyList<string> documents, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(documents);
        return RerankAsync(new RerankRequest { Query = query, Documents = documents }, cancellationToken);
    }

    /// <summary>Puts documents in order of their relevance to a query. Served by classifying models with one label and by embedding models.</summary>
    /// <param name="request">What to rank.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>, and what is under way on the server.</param>
    /// <returns>The documents, best first, each once: all of them, or as many as <see cref="RerankRequest.TopN"/> says.</returns>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="ObjectDisposedException">The adapter, its client or a handler is disposed.</exception>
    /// <exception cref="VllmRequestException">
    /// The server did not answer, refused, or its answer is not whole (<see cref="RequestFailure.InvalidReply"/>).
    /// </exception>
    public Task<RerankResult> RerankAsync(RerankRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return RankingCalls.AskAsync(NewRouteCalls(), request, cancellationToken);
    }

    /// <summary>Scores one text against others.</summary>
    /// <inheritdoc cref="ScoreAsync(ScoreRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="query">The one text.</param>
    /// <param name="documents">The others, at least one.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    public Task<ScoreResult> ScoreAsync(string query, IReadOnlyList<string> documents, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(documents);
        return ScoreAsync(new ScoreRequest { Queries = [query], Documents = documents }, cancellationToken);
    }

    /// <summary>Scores pairs of texts. Served by classifying models with one label and by embedding models.</summary>
    /// <param name="request">What to score.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>, and what is under way on the server.</param>
    /// <returns>One score for each document, in the order of the documents.</returns>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="ObjectDisposedException">The adapter, its client or a handler is disposed.</exception>
    /// <exception cref="VllmRequestException">
    /// The server did not answer, refused, or its answer is not whole (<see cref="RequestFailure.InvalidReply"/>).
    /// </exception>
    public Task<ScoreResult> ScoreAsync(ScoreRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return RankingCalls.AskAsync(NewRouteCalls(), request, cancellationToken);
    }

    /// <summary>Has a classifying model classify texts.</summary>
    /// <inheritdoc cref="ClassifyAsync(ClassificationRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="texts">The texts, at least one.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    public Task<ClassificationResult> ClassifyAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return ClassifyAsync(new ClassificationRequest { Inputs = [.. texts.Select(PoolingInput.FromText)] }, cancellationToken);
    }

    /// <summary>Has a classifying model classify inputs (<c>/classify</c>).</summary>
    /// <param name="request">What to classify.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>, and what is under way on the server.</param>
    /// <returns>One class for each input, in the order of the inputs.</returns>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="ObjectDisposedException">The adapter, its client or a handler is disposed.</exception>
    /// <exception cref="VllmRequestException">
    /// The server did not answer, refused, or its answer is not whole (<see cref="RequestFailure.InvalidReply"/>): of one request of those that many inputs
    /// take, which the message then names; the others are cancelled.
    /// </exception>
    public Task<ClassificationResult> ClassifyAsync(ClassificationRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return ClassificationCalls.AskAsync(NewRouteCalls(), request, cancellationToken);
    }

    /// <summary>Gets a pooling model's own output for texts: a vector each, or a row for each token.</summary>
    /// <inheritdoc cref="PoolAsync(PoolRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="texts">The texts, at least one.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    public Task<PoolResult> PoolAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return PoolAsync(new PoolRequest { Inputs = [.. texts.Select(PoolingInput.FromText)] }, cancellationToken);
    }

    /// <summary>Gets a pooling model's own output for inputs (<c>/pooling</c>): a vector each, or a row for each token.</summary>
    /// <param name="request">What to pool.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>, and what is under way on the server.</param>
    /// <returns>One output for each input, in the order of the inputs, of finite numbers.</returns>
    /// <inheritdoc cref="ClassifyAsync(ClassificationRequest, CancellationToken)" path="/exception"/>
    public Task<PoolResult> PoolAsync(PoolRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return PoolCalls.AskAsync(NewRouteCalls(), request, cancellationToken);
    }
}

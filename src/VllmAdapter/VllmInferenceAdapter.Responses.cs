namespace VllmAdapter;

public sealed partial class VllmInferenceAdapter
{
    /// <summary>Asks <c>/v1/responses</c> for an answer and hands it out as it comes, judged as a chat is.</summary>
    /// <param name="request">What to ask.</param>
    /// <param name="cancellationToken">Ends the stream with <see cref="OperationCanceledException"/>, and the generation on the server.</param>
    /// <returns>The stream, in the terms of a chat; nothing is sent before it is enumerated.</returns>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="ObjectDisposedException">The adapter, its client or a handler is disposed.</exception>
    /// <remarks>
    /// <para>The enumeration throws <see cref="VllmRequestException"/> if the request never became a stream, and, after everything received was handed out,
    /// <see cref="IncompleteStreamException"/> if the stream did not end as an answer ends.</para>
    /// <para>The server's own words on the end are not taken on trust: up to vLLM 0.32.0 the last event is <c>response.completed</c> also for a cut answer, 0.11.0 gives
    /// it the status <c>completed</c> too, and items of cut calls are "completed". A call is handed out only if the whole answer shows that it is whole. What the server
    /// says beside the answer is in <see cref="ChatAnswer.Extra"/>, its items as they came under <c>output</c> (of 0.11.0 they are not all there).</para>
    /// </remarks>
    public ChatStream StreamResponseAsync(ResponseRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new ResponseCalls(NewSetup()).Stream(request, cancellationToken);
    }

    /// <summary>Asks <c>/v1/responses</c> one question and hands the answer out as it comes, judged as a chat is.</summary>
    /// <inheritdoc cref="StreamResponseAsync(ResponseRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="prompt">What the user says.</param>
    /// <param name="cancellationToken">Ends the stream with <see cref="OperationCanceledException"/>, and the generation on the server.</param>
    public ChatStream StreamResponseAsync(string prompt, CancellationToken cancellationToken = default) =>
        StreamResponseAsync(ResponseRequest.FromPrompt(prompt), cancellationToken);

    /// <summary>Asks <c>/v1/responses</c> for an answer and gathers it. It is streamed underneath, unless <see cref="ResponseRequest.Stream"/> says otherwise.</summary>
    /// <param name="request">What to ask.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="ChatCanceledException"/>, and the generation on the server.</param>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="ObjectDisposedException">The adapter, its client or a handler is disposed.</exception>
    /// <exception cref="VllmRequestException">The request never became a stream.</exception>
    /// <exception cref="IncompleteStreamException">The stream did not end as an answer ends; see <see cref="VllmAdapterOptions.OnIncompleteStream"/>.</exception>
    /// <exception cref="ChatCanceledException">The caller canceled; what came is in it.</exception>
    public Task<ChatAnswer> CompleteResponseAsync(ResponseRequest request, CancellationToken cancellationToken = default) =>
        ChatStream.GatherAsync(StreamResponseAsync(request, cancellationToken));

    /// <summary>Asks <c>/v1/responses</c> one question and gathers the answer.</summary>
    /// <inheritdoc cref="CompleteResponseAsync(ResponseRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="prompt">What the user says.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="ChatCanceledException"/>, and the generation on the server.</param>
    public Task<ChatAnswer> CompleteResponseAsync(string prompt, CancellationToken cancellationToken = default) =>
        CompleteResponseAsync(ResponseRequest.FromPrompt(prompt), cancellationToken);
}

namespace VllmAdapter;

public sealed partial class VllmInferenceAdapter
{
    /// <summary>Asks <c>/v1/messages</c> for an answer and hands it out as it comes, judged as a chat is.</summary>
    /// <param name="request">What to ask.</param>
    /// <param name="cancellationToken">Ends the stream with <see cref="OperationCanceledException"/>, and the generation on the server.</param>
    /// <returns>The stream, in the terms of a chat; nothing is sent before it is enumerated.</returns>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="ObjectDisposedException">The adapter, its client or a handler is disposed.</exception>
    /// <remarks>
    /// <para>The enumeration throws <see cref="VllmRequestException"/> if the request never became a stream, and, after everything received was handed out,
    /// <see cref="IncompleteStreamException"/> if the stream did not end as an answer ends.</para>
    /// <para>The server's words are held against the count of tokens: vLLM writes <c>end_turn</c> where it has no reason, 0.20.2 writes <c>tool_use</c> over a cut call, and a call
    /// that was cut is a block like any other.</para>
    /// </remarks>
    public ChatStream StreamMessageAsync(MessageRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new MessageCalls(NewSetup()).Stream(request, cancellationToken);
    }

    /// <summary>Asks <c>/v1/messages</c> for an answer and gathers it. It is streamed underneath, unless <see cref="MessageRequest.Stream"/> says otherwise.</summary>
    /// <param name="request">What to ask.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="ChatCanceledException"/>, and the generation on the server.</param>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="ObjectDisposedException">The adapter, its client or a handler is disposed.</exception>
    /// <exception cref="VllmRequestException">The request never became a stream.</exception>
    /// <exception cref="IncompleteStreamException">The stream did not end as an answer ends; see <see cref="VllmAdapterOptions.OnIncompleteStream"/>.</exception>
    /// <exception cref="ChatCanceledException">The caller canceled; what came is in it.</exception>
    public Task<ChatAnswer> CompleteMessageAsync(MessageRequest request, CancellationToken cancellationToken = default) =>
        ChatStream.GatherAsync(StreamMessageAsync(request, cancellationToken));
}

namespace VllmAdapter;

/// <summary>Answers chats. <see cref="VllmInferenceAdapter"/> is the real one; tests put their own in its place, decorators wrap it.</summary>
/// <remarks>
/// <para>Implementations are thread-safe. One method has to be written: what gathers, gathers what that one streams. A mocking library has to be told
/// to call it (<c>CallBase</c>), or to set both.</para>
/// <para><see cref="ChatStream.Of(ChatAnswer)"/> and <see cref="ChatAnswer.Of(string)"/> make answers for tests.</para>
/// </remarks>
/// <example>
/// <code>
/// public sealed class CountingChat(IVllmChat inner) : IVllmChat
/// {
///     private int _requests;
///
///     public ChatStream StreamChatAsync(ChatRequest request, CancellationToken cancellationToken = default)
///     {
///         Interlocked.Increment(ref _requests);
///         return inner.StreamChatAsync(request, cancellationToken);
///     }
/// }
/// </code>
/// </example>
public interface IVllmChat
{
    /// <summary>Asks for an answer and hands it out as it comes.</summary>
    /// <param name="request">What to ask.</param>
    /// <param name="cancellationToken">Ends the stream with <see cref="OperationCanceledException"/>, and the generation on the server.</param>
    /// <returns>The stream; nothing is sent before it is enumerated.</returns>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    ChatStream StreamChatAsync(ChatRequest request, CancellationToken cancellationToken = default);

    /// <summary>Asks for an answer and gathers it.</summary>
    /// <param name="request">What to ask.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="ChatCanceledException"/>, and the generation on the server.</param>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="VllmRequestException">The request never became a stream.</exception>
    /// <exception cref="IncompleteStreamException">The stream did not end the way an answer ends.</exception>
    /// <exception cref="ChatCanceledException">The caller canceled; what came is in it.</exception>
    Task<ChatAnswer> CompleteChatAsync(ChatRequest request, CancellationToken cancellationToken = default) =>
        ChatStream.GatherAsync(this, request, cancellationToken);
}

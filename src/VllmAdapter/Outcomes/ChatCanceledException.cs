namespace VllmAdapter;

/// <summary>The caller canceled an answer that was being gathered. Everything that was received until then is here.</summary>
/// <remarks>
/// It is an <see cref="OperationCanceledException"/> with the caller's own token, and may be caught as one. Thrown by the methods that gather
/// (<see cref="IVllmChat.CompleteChatAsync"/>); when you enumerate a <see cref="ChatStream"/>, use <see cref="ChatStream.Answer"/>.
/// </remarks>
public sealed class ChatCanceledException : OperationCanceledException
{
    /// <summary>Makes the exception that an adapter would throw; for tests, decorators and stand-ins.</summary>
    /// <param name="received">What was received before the end.</param>
    /// <param name="cancellationToken">The token that was canceled.</param>
    public ChatCanceledException(ChatAnswer received, CancellationToken cancellationToken)
        : this(received, innerException: null, cancellationToken)
    {
    }

    internal ChatCanceledException(ChatAnswer received, Exception? innerException, CancellationToken cancellationToken)
        : base(MessageOf(received), innerException, cancellationToken) => Received = received;

    /// <summary>What was received before the end, with its outcome.</summary>
    public ChatAnswer Received { get; }

    private static string MessageOf(ChatAnswer received)
    {
        ArgumentNullException.ThrowIfNull(received);
        return received.Choices.Count == 0 ? received.Outcome.Explain() : $"{received.Outcome.Explain()} What came is in Received.";
    }
}

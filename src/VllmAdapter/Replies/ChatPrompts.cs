namespace VllmAdapter;

/// <summary>Asks whoever answers chats with nothing but a text, as <see cref="VllmInferenceAdapter"/> can be asked itself.</summary>
public static class ChatPrompts
{
    /// <summary>Asks one question and hands the answer out as it comes.</summary>
    /// <param name="chat">Who answers.</param>
    /// <param name="prompt">What the user says.</param>
    /// <param name="cancellationToken">Ends the stream with <see cref="OperationCanceledException"/>, and the generation on the server.</param>
    /// <returns>The stream; nothing is sent before it is enumerated.</returns>
    public static ChatStream StreamChatAsync(this IVllmChat chat, string prompt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chat);
        return chat.StreamChatAsync(ChatRequest.FromPrompt(prompt), cancellationToken);
    }

    /// <summary>Asks one question and gathers the answer.</summary>
    /// <param name="chat">Who answers.</param>
    /// <param name="prompt">What the user says.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="ChatCanceledException"/>, and the generation on the server.</param>
    /// <exception cref="VllmRequestException">The request never became a stream.</exception>
    /// <exception cref="IncompleteStreamException">The stream did not end the way an answer ends.</exception>
    public static Task<ChatAnswer> CompleteChatAsync(this IVllmChat chat, string prompt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chat);
        return chat.CompleteChatAsync(ChatRequest.FromPrompt(prompt), cancellationToken);
    }
}

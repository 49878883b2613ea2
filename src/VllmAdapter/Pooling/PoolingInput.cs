namespace VllmAdapter;

/// <summary>One input of an embedding, a classification or another pooling model: a text, the ids of its tokens, or a conversation.</summary>
/// <remarks>A text converts implicitly, so <c>Inputs = ["a llama", "an alpaca"]</c> is a list of them.</remarks>
public sealed record PoolingInput
{
    private PoolingInput()
    {
    }

    /// <summary>The text; null if it is something else.</summary>
    public string? Text { get; private init; }

    /// <summary>The ids of the tokens, which the server takes as they are; null if it is something else.</summary>
    public IReadOnlyList<int>? Tokens { get; private init; }

    /// <summary>The conversation, which the server writes out by the model's chat template; null if it is something else.</summary>
    public IReadOnlyList<VllmMessage>? Messages { get; private init; }

    /// <summary>A text; it may be empty.</summary>
    /// <param name="text">The words.</param>
    public static PoolingInput FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new PoolingInput { Text = text };
    }

    /// <summary>The ids of tokens, for example of <see cref="VllmServer"/>'s tokenizer.</summary>
    /// <param name="tokens">At least one id, none below 0.</param>
    /// <exception cref="ArgumentException">There is none, or one is below 0.</exception>
    public static PoolingInput FromTokens(params IReadOnlyList<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        if (tokens.Count == 0)
            throw new ArgumentException("There is no token. vLLM refuses an input without any; an empty text has two.", nameof(tokens));
        if (tokens.Any(token => token < 0))
            throw new ArgumentException($"Token ids are 0 or more, but one is {tokens.First(token => token < 0)}.", nameof(tokens));

        return new PoolingInput { Tokens = ValueList<int>.Of(tokens) };
    }

    /// <summary>A conversation, for models that embed pictures or follow a template. A server without a chat template refuses it.</summary>
    /// <param name="messages">At least one message, oldest first.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static PoolingInput FromMessages(params IReadOnlyList<VllmMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return messages.Count > 0
            ? new PoolingInput { Messages = ValueList<VllmMessage>.Of(messages) }
            : throw new ArgumentException("There is no message. Pass at least one, such as VllmMessage.User(\"...\").", nameof(messages));
    }

    /// <inheritdoc cref="FromText"/>
    public static implicit operator PoolingInput(string text) => FromText(text);

    /// <summary>What kind of input it is and how long, not what it says.</summary>
    public override string ToString() => this switch
    {
        { Text: { } text } => $"text of {text.Length} characters",
        { Tokens: { } tokens } => $"{tokens.Count} tokens",
        _ => $"{Messages?.Count} messages",
    };
}

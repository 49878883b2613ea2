namespace VllmAdapter;

/// <summary>A text that the model is to write on, given as text or as the ids of its tokens.</summary>
/// <remarks>Immutable. No chat template is applied to it. A text converts implicitly: <c>Prompts = ["Once upon a time"]</c>.</remarks>
public sealed record TextPrompt
{
    private TextPrompt()
    {
    }

    /// <summary>The text; null if the prompt was given by its tokens.</summary>
    public string? Text { get; private init; }

    /// <summary>The ids of the prompt's tokens, each 0 or more and in the model's vocabulary; null if it was given as text.</summary>
    public IReadOnlyList<int>? TokenIds { get; private init => field = value is null ? null : ValueList<int>.Of(value); }

    /// <summary>A prompt given as text.</summary>
    /// <param name="text">The text; the server adds its special tokens, unless <see cref="TextRequest.AddSpecialTokens"/> says otherwise.</param>
    public static TextPrompt FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new TextPrompt { Text = text };
    }

    /// <summary>A prompt given by its tokens, such as <c>VllmServer.TokenizeAsync</c> tells them; nothing is added to them.</summary>
    /// <param name="tokenIds">The ids, at least one.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static TextPrompt FromTokens(IReadOnlyList<int> tokenIds)
    {
        ArgumentNullException.ThrowIfNull(tokenIds);
        return tokenIds.Count > 0
            ? new TextPrompt { TokenIds = tokenIds }
            : throw new ArgumentException("A prompt has at least one token, but this one has none.", nameof(tokenIds));
    }

    /// <summary>A prompt given as text.</summary>
    public static implicit operator TextPrompt(string text) => FromText(text);

    /// <summary>How long the prompt is, not what it says.</summary>
    public override string ToString() => Text is { } text
        ? $"Prompt of {OutcomeNotes.Count(text.Length, "character")}"
        : $"Prompt of {OutcomeNotes.Count(TokenIds!.Count, "token")}";
}

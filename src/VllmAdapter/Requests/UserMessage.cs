namespace VllmAdapter;

/// <summary>What the user says, and shows.</summary>
/// <remarks>
/// Text alone is sent as a plain string, which every server and gateway takes; with parts a list is sent.
/// </remarks>
public sealed record UserMessage : VllmMessage
{
    /// <summary>The words; they come before the parts.</summary>
    /// <value>Null (default): there are only parts.</value>
    public string? Text { get; init; }

    /// <summary>What follows the text, in order.</summary>
    /// <value>Empty (default): there is only text.</value>
    public IReadOnlyList<ContentPart> Parts { get; init; } = [];
}

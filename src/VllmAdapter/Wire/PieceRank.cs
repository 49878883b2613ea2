namespace VllmAdapter;

/// <summary>
/// Which of two places counts where both hold the same thing: the delta before the message, and that before the text of
/// <c>/v1/completions</c>; within a delta or a message the names in their order.
/// </summary>
internal static class PieceRank
{
    public const int Delta = 0;

    /// <summary>Added for <c>reasoning_content</c>.</summary>
    public const int ReasoningContent = 1;

    /// <summary>Added for the reasoning parts in a list of content.</summary>
    public const int InContent = 4;

    /// <summary>Added for a list of reasoning details.</summary>
    public const int InDetails = 5;

    public const int Message = 10;

    public const int Completion = 20;
}

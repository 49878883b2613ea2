namespace VllmAdapter;

/// <summary>When a streamed reply reports the tokens spent; a whole reply always does.</summary>
public enum UsageReporting
{
    /// <summary>
    /// With every chunk and at the end. Keep this where tokens are budgeted: even a cut stream then has an exact lower
    /// bound. Chunks grow by about half.
    /// </summary>
    Continuous = 1,

    /// <summary>
    /// Once, at the end. Choose it to save bytes; a stream that is cut then tells nothing about its cost.
    /// </summary>
    Final,

    /// <summary>
    /// Never. Choose it only for servers that refuse <c>stream_options</c>: without usage a cut at max tokens cannot
    /// be proven, and tool calls are trusted less.
    /// </summary>
    None,
}

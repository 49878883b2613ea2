namespace VllmAdapter;

/// <summary>How the server sends its reply.</summary>
public enum ReplyMode
{
    /// <summary>
    /// Chunk by chunk as it is generated. Prefer this: a stalled server shows early, and what a cut answer had is kept.
    /// </summary>
    Streamed = 1,

    /// <summary>
    /// In one piece once it is finished. Choose it where the server's streaming tool parser loses calls that its other
    /// parser keeps (vLLM 0.32.0 with phi4_mini_json, or granite with a required call); nothing is seen before the end.
    /// </summary>
    Whole,
}

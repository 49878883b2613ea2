namespace VllmAdapter;

/// <summary>Whether the thoughts of past turns stay in the history.</summary>
public enum PastReasoning
{
    /// <summary>
    /// They are sent back under the name that they came with, and the chat template decides: most show the model only those since the last user message, which models
    /// that think between their tool calls want. The default.
    /// </summary>
    Kept = 1,

    /// <summary>They are left out: for servers in between that refuse the field, or to keep requests small.</summary>
    Dropped,
}

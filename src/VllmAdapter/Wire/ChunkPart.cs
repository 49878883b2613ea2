namespace VllmAdapter;

/// <summary>What may differ from one chunk to the next much like it.</summary>
internal enum ChunkPart
{
    Text = 1,
    Reasoning,
    Arguments,
    PromptTokens,
    CompletionTokens,
    TotalTokens,
}

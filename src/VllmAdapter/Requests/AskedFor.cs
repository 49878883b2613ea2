namespace VllmAdapter;

/// <summary>What the request asked for, as far as it bears on the verdict.</summary>
public sealed record AskedFor
{
    /// <summary>The most completion tokens a choice may have (<c>max_tokens</c> or <c>max_completion_tokens</c>), or null for no cap.</summary>
    public int? OutputCap { get; init; }

    /// <summary>The model's context window in tokens, if it is known.</summary>
    public int? ContextWindow { get; init; }

    /// <summary>How many choices were asked for (<c>n</c>).</summary>
    public int Choices { get; init; } = 1;

    /// <summary>Whether the model had to call a tool: a <c>tool_choice</c> of <c>required</c> or a named one.</summary>
    public bool CallRequired { get; init; }

    /// <summary>Whether the request hid the reasoning (<c>include_reasoning: false</c>): tokens may be counted that are never delivered.</summary>
    public bool HidesReasoning { get; init; }

    /// <summary>The tools that the request declared.</summary>
    public IReadOnlyList<DeclaredTool> Tools { get; init; } = [];
}

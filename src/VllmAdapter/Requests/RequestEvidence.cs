using System.Text.Json.Serialization;

namespace VllmAdapter.Diagnostics;

/// <summary>What the request asked for, as far as it bears on the verdict.</summary>
public sealed record RequestEvidence
{
    private readonly Aside<AskedFormat?> _format;

    /// <summary>The most completion tokens a choice may have (<c>max_tokens</c> or <c>max_completion_tokens</c>), or null if none were asked for.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>
    /// The most completion tokens that the server allows by a setting of its own (<c>max_new_tokens</c> in
    /// <c>--override-generation-config</c>), or null if nobody said that there is one.
    /// </summary>
    public int? ServerMaxTokens { get; init; }

    /// <summary>The model's context window in tokens, if it is known.</summary>
    public int? ContextWindow { get; init; }

    /// <summary>How many choices were asked for (<c>n</c>).</summary>
    public int ChoiceCount { get; init; } = 1;

    /// <summary>How many prompts the choices belong to, in their order: each has its share of <see cref="ChoiceCount"/>. More than 1 only on the route of plain completions.</summary>
    public int PromptCount { get; init; } = 1;

    /// <summary>Whether nothing new was to be written and only the prompt given back (<c>echo</c> with <c>max_tokens</c> 0): the server then declares <c>length</c>, and counts one token.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool AsksForPromptOnly { get; init; }

    /// <summary>
    /// Whether the server declares a finish reason for each piece of the input, as it does for every 30 seconds of audio: one alone ends nothing, and only
    /// the sentinel says that there is no further piece.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool EndsByPiece { get; init; }

    /// <summary>Whether the model had to call a tool: a <c>tool_choice</c> of <c>required</c> or a named one.</summary>
    public bool RequiresCall { get; init; }

    /// <summary>Whether the request hid the reasoning (<c>include_reasoning: false</c>): tokens may be counted that are never delivered.</summary>
    public bool HidesReasoning { get; init; }

    /// <summary>Whether the answer goes on past the model's end token (<c>ignore_eos</c>): such tokens are counted and spell nothing.</summary>
    public bool IgnoresEndToken { get; init; }

    /// <summary>Whether the request itself left out special tokens (<c>skip_special_tokens: true</c>): they are counted and spell nothing.</summary>
    public bool SkipsSpecialTokens { get; init; }

    /// <summary>The shape that the answer must have, or null for free text.</summary>
    internal AskedFormat? Format { get => _format.Value; init => _format = new(value); }

    /// <summary>The tools that the request declared.</summary>
    public IReadOnlyList<ToolSignature> Tools { get; init => field = ValueList<ToolSignature>.Of(value); } = ValueList<ToolSignature>.Empty;
}

using System.Text.Json;

namespace VllmAdapter;

/// <summary>One piece of an answer, handed out by the same read that completed it.</summary>
/// <remarks>Immutable. The last chunk of every stream carries the <see cref="Outcome"/> and nothing else.</remarks>
public sealed record ChatChunk
{
    private readonly string? _finishWord;
    private readonly object? _toolCalls; // a list, or the one piece itself: most chunks with calls carry one
    private ChunkExtras? _extras;
    private TokenUsage? _usage;

    /// <summary>An empty chunk, to be filled by an object initializer.</summary>
    public ChatChunk()
        : this(choice: 0, text: "", reasoning: "", toolCalls: null, finishWord: null)
    {
    }

    internal ChatChunk(
        int choice, string text, string reasoning, IReadOnlyList<ToolCallDelta>? toolCalls, string? finishWord, TokenUsage? usage = null)
    {
        ChoiceIndex = choice;
        Text = text;
        Reasoning = reasoning;
        _toolCalls = toolCalls;
        _finishWord = finishWord;
        _usage = usage;
    }

    internal ChatChunk(int choice, string text, string reasoning, ToolCallDelta toolCall, TokenUsage? usage)
        : this(choice, text, reasoning, toolCalls: null, finishWord: null, usage) => _toolCalls = toolCall;

    /// <summary>The choice that the piece belongs to, from 0.</summary>
    public int ChoiceIndex { get; init; }

    /// <summary>A piece of the answer's text; empty when the chunk carries none.</summary>
    public string Text { get; init; }

    /// <summary>A piece of the model's reasoning; empty when the chunk carries none.</summary>
    public string Reasoning { get; init; }

    /// <summary>A piece of what the model says in place of an answer that it declines to give; empty when the chunk carries none.</summary>
    public string Refusal
    {
        get => _extras?.Refusal ?? "";
        init => _extras = (_extras ?? ChunkExtras.None) with { Refusal = value };
    }

    /// <summary>Pieces of tool calls, for display only: a call may be run when it is in <see cref="StreamOutcome.ToolCalls"/>.</summary>
    public IReadOnlyList<ToolCallDelta> ToolCallDeltas
    {
        get => _toolCalls switch
        {
            ToolCallDelta one => [one],
            IReadOnlyList<ToolCallDelta> several => several,
            _ => [],
        };
        init => _toolCalls = value;
    }

    /// <summary>Why the server ended this choice, on the chunk that says so. The same chunk may carry the last piece of text.</summary>
    public FinishReason? FinishReason
    {
        get => _finishWord is null ? null : new FinishReason(_finishWord);
        init => _finishWord = value?.Value;
    }

    /// <summary>The tokens counted so far, where the server says it: on every chunk with <see cref="UsageReporting.Continuous"/>.</summary>
    public TokenUsage? Usage { get => _usage; init => _usage = value; }

    /// <summary>Log probabilities of this piece's tokens, if they were asked for.</summary>
    public IReadOnlyList<TokenLogprob>? Logprobs
    {
        get => _extras?.Logprobs;
        init => _extras = (_extras ?? ChunkExtras.None) with { Logprobs = value };
    }

    /// <summary>The ids of this piece's tokens, if they were asked for.</summary>
    public IReadOnlyList<int>? TokenIds
    {
        get => _extras?.TokenIds;
        init => _extras = (_extras ?? ChunkExtras.None) with { TokenIds = value };
    }

    /// <summary>The ids of the prompt's tokens: on the first chunk, if they were asked for.</summary>
    public IReadOnlyList<int>? PromptTokenIds
    {
        get => _extras?.PromptTokenIds;
        init => _extras = (_extras ?? ChunkExtras.None) with { PromptTokenIds = value };
    }

    /// <summary>What stopped the choice, next to its finish reason: the stop string, the number of the stop token, or null.</summary>
    /// <remarks>Wire field: <c>stop_reason</c>.</remarks>
    public string? StopReason
    {
        get => _extras?.StopReason;
        init => _extras = (_extras ?? ChunkExtras.None) with { StopReason = value };
    }

    /// <summary>
    /// Fields of the server's chunk that the library has no property for and that are not null, by name, such as <c>kv_transfer_params</c> or
    /// <c>service_tier</c>; null if there are none. Of a chunk with several choices they are with the first.
    /// </summary>
    public IReadOnlyDictionary<string, JsonElement>? Extra
    {
        get => _extras?.Extra;
        init => _extras = (_extras ?? ChunkExtras.None) with { Extra = value };
    }

    /// <summary>The same of the choice and its delta, such as <c>prompt_logprobs</c> of plain completions or <c>weight_versions</c>; null if there are none.</summary>
    public IReadOnlyDictionary<string, JsonElement>? ChoiceExtra
    {
        get => _extras?.ChoiceExtra;
        init => _extras = (_extras ?? ChunkExtras.None) with { ChoiceExtra = value };
    }

    /// <summary>How the stream ended: exactly once, on one more, otherwise empty, chunk at the end.</summary>
    public StreamOutcome? Outcome
    {
        get => _extras?.Outcome;
        init => _extras = (_extras ?? ChunkExtras.None) with { Outcome = value };
    }

    /// <summary>The piece of text.</summary>
    public override string ToString() => Text;

    /// <summary>Whether the server's chunk had a choice at all; a trailing usage chunk has none.</summary>
    internal bool HasChoice { get; init; } = true;

    /// <summary>Whether the delta carries something that the model wrote.</summary>
    internal bool HasOutput => Text.Length > 0 || Reasoning.Length > 0 || HasToolCalls || _extras is { Refusal.Length: > 0 } or { HasOtherOutput: true };

    /// <summary>Whether the delta carries output of another kind: audio, images.</summary>
    internal bool HasOtherOutput
    {
        get => _extras is { HasOtherOutput: true };
        init => _extras = (_extras ?? ChunkExtras.None) with { HasOtherOutput = value };
    }

    /// <summary>Whether what the chunk carries beside text, calls and usage is only what the next one is sure to repeat, if it is alike byte for byte.</summary>
    internal bool CarriesOnlyExtra => _extras is null or
    {
        Refusal.Length: 0, HasOtherOutput: false, Logprobs: null, TokenIds: null, PromptTokenIds: null, StopReason: null, Outcome: null,
    };

    internal bool HasToolCalls => _toolCalls is ToolCallDelta or IReadOnlyList<ToolCallDelta> { Count: > 0 };

    /// <summary>The piece of a call, if there is exactly one; unlike <see cref="ToolCallDeltas"/> it makes no list.</summary>
    internal ToolCallDelta? OnlyCall => _toolCalls switch
    {
        ToolCallDelta one => one,
        IReadOnlyList<ToolCallDelta> { Count: 1 } list => list[0],
        _ => null,
    };

    internal string? FinishWord => _finishWord;

    /// <summary>Takes over the fields without a property from a chunk that is alike, and that nobody has changed.</summary>
    internal ChatChunk WithExtraOf(ChatChunk alike)
    {
        _extras = alike._extras;
        return this;
    }

    /// <summary>Adds the usage, which may follow the choices, to a chunk that nobody has seen yet.</summary>
    internal ChatChunk Counting(TokenUsage usage)
    {
        _usage = usage;
        return this;
    }

    /// <summary>What few chunks carry stays out of the many that do not.</summary>
    private sealed record ChunkExtras
    {
        public static readonly ChunkExtras None = new();

        public string Refusal { get; init; } = "";

        public bool HasOtherOutput { get; init; }

        public IReadOnlyList<TokenLogprob>? Logprobs { get; init; }

        public IReadOnlyList<int>? TokenIds { get; init; }

        public IReadOnlyList<int>? PromptTokenIds { get; init; }

        public string? StopReason { get; init; }

        public StreamOutcome? Outcome { get; init; }

        public IReadOnlyDictionary<string, JsonElement>? Extra { get; init; }

        public IReadOnlyDictionary<string, JsonElement>? ChoiceExtra { get; init; }
    }
}

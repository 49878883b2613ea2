using System.Text;
using System.Text.Json.Serialization;

namespace VllmAdapter.Diagnostics;

/// <summary>What was observed of one choice.</summary>
/// <remarks>While the stream runs, the adapter keeps writing to the same instance; a copy (<c>choice with { }</c>) does not change.</remarks>
public sealed record ChoiceEvidence
{
    private const int MostReasons = 16;

    private ValueList<FinishReason> _declared = ValueList<FinishReason>.Empty;
    private int? _completionTokens;
    private bool _countedAtEnd;
    private int _chunks;
    private long _textLength;
    private long _reasoningLength;
    private long _refusalLength;
    private long _outputBytes;
    private string? _callMarkup;
    private bool _otherOutput;
    private string? _stopReason;
    private ServerError? _error;
    private bool _hasLateOutput;
    private Aside<bool> _hadOutput;
    private bool _reasonWasPremature;
    private bool _isOpen;
    private ValueList<ToolCallEvidence> _toolCalls = ValueList<ToolCallEvidence>.Empty;

    /// <summary>The choice's index, from 0.</summary>
    public int Index { get; init; }

    /// <summary>Every finish reason that the server declared, in order, repetitions left out; empty if it declared none.</summary>
    public IReadOnlyList<FinishReason> Declared
    {
        get => _declared;
        init => _declared = ValueList<FinishReason>.Of(value);
    }

    /// <summary>What stopped the choice: the stop string, the number of the stop token, or null.</summary>
    /// <remarks>Wire field: <c>stop_reason</c>.</remarks>
    public string? StopReason { get => _stopReason; init => _stopReason = value; }

    /// <summary>Chunks that belonged to this choice.</summary>
    public int Chunks { get => _chunks; init => _chunks = value; }

    /// <summary>Characters of text received.</summary>
    public long TextLength { get => _textLength; init => _textLength = value; }

    /// <summary>Characters of reasoning received.</summary>
    public long ReasoningLength { get => _reasoningLength; init => _reasoningLength = value; }

    /// <summary>Characters of a refusal received: what the model says in place of an answer that it declines to give.</summary>
    public long RefusalLength { get => _refusalLength; init => _refusalLength = value; }

    /// <summary>Bytes of UTF-8 that text, reasoning and refusal have: a token that is not special spells at least one.</summary>
    public long OutputBytes { get => _outputBytes; init => _outputBytes = value; }

    /// <summary>The declared tool whose call stands as markup in text or reasoning, where the server's parser should have found it; or null.</summary>
    public string? CallMarkup { get => _callMarkup; init => _callMarkup = value; }

    /// <summary>Whether output came that is neither text, reasoning, a refusal nor a call, such as audio or images.</summary>
    public bool HasOtherOutput { get => _otherOutput; init => _otherOutput = value; }

    /// <summary>The tool calls as far as they were received; ready or not is the gate's business.</summary>
    public IReadOnlyList<ToolCallEvidence> ToolCalls { get => _toolCalls; init => _toolCalls = ValueList<ToolCallEvidence>.Of(value); }

    /// <summary>The largest number of completion tokens that the server counted for this choice alone, or null if it never did.</summary>
    public int? CompletionTokens { get => _completionTokens; init => _completionTokens = value; }

    /// <summary>Whether a count came with the finish reason or after it, so that <see cref="CompletionTokens"/> is the choice's last word.</summary>
    public bool IsCountedAtEnd { get => _countedAtEnd; init => _countedAtEnd = value; }

    /// <summary>Whether output came after the finish reason; it was accepted.</summary>
    public bool HasLateOutput { get => _hasLateOutput; init => _hasLateOutput = value; }

    /// <summary>
    /// Whether the finish reason came before any output, output followed it, and no reason has followed that: the choice is not finished
    /// (open-webui#23921).
    /// </summary>
    public bool ReasonWasPremature { get => _reasonWasPremature; init => _reasonWasPremature = value; }

    /// <summary>Whether output came that no finish reason has followed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsOpen { get => _isOpen; init => _isOpen = value; }

    /// <summary>An error that the server attached to this choice.</summary>
    public ServerError? Error { get => _error; init => _error = value; }

    /// <summary>Whether the server declared a finish reason.</summary>
    [JsonIgnore]
    public bool HasDeclared => _declared.Count > 0;

    /// <summary>Whether anything that the model wrote was delivered.</summary>
    [JsonIgnore]
    public bool HasOutput => _textLength > 0 || _reasoningLength > 0 || _refusalLength > 0 || _otherOutput || ToolCalls.Count > 0;

    internal void Observe(ChatChunk chunk, Secrets secrets)
    {
        _chunks++;
        _textLength += chunk.Text.Length;
        _reasoningLength += chunk.Reasoning.Length;
        _refusalLength += chunk.Refusal.Length;
        _otherOutput |= chunk.HasOtherOutput;
        _outputBytes += Encoding.UTF8.GetByteCount(chunk.Text) + Encoding.UTF8.GetByteCount(chunk.Reasoning) + Encoding.UTF8.GetByteCount(chunk.Refusal);
        if (HasDeclared && chunk.HasOutput)
            (_hasLateOutput, _countedAtEnd, _reasonWasPremature) = (true, false, _reasonWasPremature || !_hadOutput.Value);

        (_hadOutput, _isOpen) = (new(_hadOutput.Value || chunk.HasOutput), _isOpen || chunk.HasOutput);

        if (chunk.FinishWord is { } word)
        {
            Declare(new FinishReason(secrets.Hide(word)!));
            (_reasonWasPremature, _isOpen) = (false, false);
        }

        _stopReason = secrets.Hide(chunk.StopReason) ?? _stopReason;
    }

    internal void Count(int completionTokens)
    {
        _completionTokens = Math.Max(_completionTokens ?? 0, completionTokens);
        _countedAtEnd |= HasDeclared;
    }

    internal void Fail(ServerError error) => _error ??= error;

    internal void FindMarkup(string? tool) => _callMarkup = tool;

    internal void Assemble(IReadOnlyList<ToolCallEvidence> toolCalls) => _toolCalls = ValueList<ToolCallEvidence>.Of(toolCalls);

    // A new list for every word, so that copies do not share one. More words than any server has for it say nothing more.
    private void Declare(FinishReason reason)
    {
        if (_declared.Count < MostReasons && !_declared.Contains(reason))
            _declared = _declared.And(reason);
    }
}

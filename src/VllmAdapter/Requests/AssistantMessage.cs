using System.Text.Json.Serialization;

namespace VllmAdapter;

/// <summary>What the model answered in an earlier turn.</summary>
[JsonConverter(typeof(VllmJsonConverter))]
public sealed record AssistantMessage : VllmMessage
{
    /// <summary>The answer, or the text next to the tool calls.</summary>
    /// <value>Null (default): the turn had none.</value>
    public string? Text { get; init; }

    /// <summary>What the model reasoned before it answered.</summary>
    /// <value>Null (default): not sent.</value>
    /// <remarks>
    /// Sent as <c>reasoning</c>, vLLM's own name for it since 0.16, unless <see cref="ReasoningName"/> says otherwise. Whether the model sees it
    /// again is up to its chat template: most drop the reasoning of past turns.
    /// </remarks>
    public string? Reasoning { get; init; }

    /// <summary>The field that <see cref="Reasoning"/> is sent in: a server reads past reasoning only under the name that it used itself.</summary>
    /// <value>
    /// Null (default): <c>reasoning</c>. The other name in use is <c>reasoning_content</c>. One that the message has for something else (<c>role</c>,
    /// <c>content</c>, <c>tool_calls</c>, <c>name</c>) is refused with an <see cref="ArgumentException"/> when the request is sent.
    /// </value>
    public string? ReasoningName { get; init; }

    /// <summary>
    /// The tools that the model called; a <see cref="ToolMessage"/> for each is to follow this message.
    /// </summary>
    /// <value>Empty (default): none. The calls of an answer may be taken as they are.</value>
    /// <remarks>
    /// Of a call its id, name and arguments are sent. Empty arguments are sent as <c>{}</c>, for vLLM 0.8.5 answers 400 to "". Anything else that
    /// is not an object is refused with an <see cref="ArgumentException"/> when the request is sent: with a damaged call in the history vLLM 0.8.5
    /// answers 400 to this and every later turn, and newer versions drop the arguments.
    /// </remarks>
    public IReadOnlyList<ToolCall> ToolCalls { get; init => field = ValueList<ToolCall>.Of(value); } = ValueList<ToolCall>.Empty;

    /// <inheritdoc/>
    public bool Equals(AssistantMessage? other) => base.Equals(other)
        && (Text, Reasoning, FieldOfReasoning) == (other.Text, other.Reasoning, other.FieldOfReasoning)
        && ToolCalls.SequenceEqual(other.ToolCalls);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Text, ToolCalls.Count);

    // A name for thoughts that are not there says nothing.
    private string? FieldOfReasoning => Reasoning is null ? null : ReasoningName ?? MessageJson.Reasoning;
}

using System.Text.Json.Serialization;

namespace VllmAdapter;

/// <summary>
/// One message of a conversation: <see cref="SystemMessage"/>, <see cref="DeveloperMessage"/>,
/// <see cref="UserMessage"/>, <see cref="AssistantMessage"/> or <see cref="VllmAdapter.ToolMessage"/>.
/// </summary>
/// <remarks>
/// Immutable. System.Text.Json writes a list of messages as an OpenAI <c>messages</c> array and reads it back equal, by reflection and in source-generated
/// contexts: that is how a conversation is saved. <see cref="ChatRequest.ToJson"/> saves the settings with it.
/// </remarks>
[JsonConverter(typeof(VllmJsonConverter))]
public abstract record VllmMessage
{
    private protected VllmMessage()
    {
    }

    /// <summary>The name of the speaker, for chat templates that tell several of one role apart.</summary>
    /// <value>Null (default): not sent.</value>
    public string? Name { get; init; }

    /// <summary>The kind of the message and its length, not what it says: conversations do not belong in logs.</summary>
    public sealed override string ToString() => RequestWords.Of(this);

    /// <summary>An instruction to the model that applies to the whole conversation.</summary>
    /// <param name="text">The instruction.</param>
    public static SystemMessage System(string text) => new(text);

    /// <summary>An instruction by the application, for models whose templates know the developer role.</summary>
    /// <param name="text">The instruction.</param>
    public static DeveloperMessage Developer(string text) => new(text);

    /// <summary>What the user says.</summary>
    /// <param name="text">The words.</param>
    public static UserMessage User(string text) => new() { Text = text };

    /// <summary>What the user says and shows: the text first, the parts after it.</summary>
    /// <param name="text">The words.</param>
    /// <param name="parts">Images, audio, video or more text.</param>
    public static UserMessage User(string text, params ContentPart[] parts) => new() { Text = text, Parts = parts };

    /// <summary>What the user says and shows, in the order given.</summary>
    /// <param name="parts">At least one part.</param>
    public static UserMessage User(params ContentPart[] parts) => new() { Parts = parts };

    /// <summary>What the model answered in an earlier turn.</summary>
    /// <param name="text">The answer.</param>
    public static AssistantMessage Assistant(string text) => new() { Text = text };

    /// <summary>What the model answered and which tools it called in an earlier turn.</summary>
    /// <param name="text">The text next to the calls, or null.</param>
    /// <param name="toolCalls">The calls; each is to be followed by its <see cref="VllmAdapter.ToolMessage"/>.</param>
    public static AssistantMessage Assistant(string? text, params ToolCall[] toolCalls) =>
        new() { Text = text, ToolCalls = toolCalls };

    /// <summary>What a tool returned.</summary>
    /// <param name="toolCallId">The id of the call that is answered.</param>
    /// <param name="content">The result as text, often JSON.</param>
    public static ToolMessage Tool(string toolCallId, string content) => new(toolCallId, content);

    /// <summary>What a tool returned, if that is more than text.</summary>
    /// <param name="toolCallId">The id of the call that is answered.</param>
    /// <param name="parts">Text, images and other parts, in order.</param>
    public static ToolMessage Tool(string toolCallId, params ContentPart[] parts) => new(toolCallId, "") { Parts = parts };
}

/// <summary>An instruction to the model that applies to the whole conversation.</summary>
/// <param name="Text">The instruction.</param>
[JsonConverter(typeof(VllmJsonConverter))]
public sealed record SystemMessage(string Text) : VllmMessage;

/// <summary>An instruction by the application, for models whose templates know the developer role.</summary>
/// <param name="Text">The instruction.</param>
[JsonConverter(typeof(VllmJsonConverter))]
public sealed record DeveloperMessage(string Text) : VllmMessage;

/// <summary>What a tool returned for a call of the assistant message before it.</summary>
/// <param name="ToolCallId">The id of the call that is answered.</param>
/// <param name="Content">The result as text, often JSON.</param>
[JsonConverter(typeof(VllmJsonConverter))]
public sealed record ToolMessage(string ToolCallId, string Content) : VllmMessage
{
    /// <summary>What follows the text, in order: images and whatever else is more than text.</summary>
    /// <value>Empty (default): there is only text, which is sent as a plain string.</value>
    /// <remarks>vLLM takes parts in a tool message; whether the model sees an image there is up to its chat template.</remarks>
    public IReadOnlyList<ContentPart> Parts { get; init => field = ValueList<ContentPart>.Of(value); } = ValueList<ContentPart>.Empty;

    /// <inheritdoc/>
    public bool Equals(ToolMessage? other) =>
        base.Equals(other) && ToolCallId == other.ToolCallId && Parts.Count > 0 == other.Parts.Count > 0 && Spoken.SequenceEqual(other.Spoken);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, ToolCallId);

    private IEnumerable<ContentPart> Spoken => Parts.Count > 0 && string.IsNullOrEmpty(Content) ? Parts : Parts.Prepend(new TextPart(Content));
}

using System.Text.Json.Serialization;

namespace VllmAdapter;

/// <summary>Why the adapter stopped reading. Policies may add causes of their own.</summary>
/// <param name="Name">A short name; two causes are equal if their names are.</param>
[JsonConverter(typeof(StopCauseJsonConverter))]
public readonly record struct StopCause(string Name)
{
    /// <summary>The response body ended.</summary>
    public static StopCause EndOfBody { get; } = new("end-of-body");

    /// <summary>The end marker came (<c>[DONE]</c>).</summary>
    public static StopCause Sentinel { get; } = new("sentinel");

    /// <summary>Every choice had declared its finish reason, and the grace period for what may follow was over.</summary>
    public static StopCause FinishReason { get; } = new("finish-reason");

    /// <summary>No chunk came within the limit for the first one.</summary>
    public static StopCause FirstChunkTimeout { get; } = new("first-chunk-timeout");

    /// <summary>No further progress came within the limit between chunks.</summary>
    public static StopCause IdleTimeout { get; } = new("idle-timeout");

    /// <summary>The time for the whole stream was over.</summary>
    public static StopCause Deadline { get; } = new("deadline");

    /// <summary>The caller's own <see cref="TokenBudget"/> was spent.</summary>
    public static StopCause BudgetExhausted { get; } = new("budget-exhausted");

    /// <summary>An error event, unreadable bytes or a broken connection ended the stream.</summary>
    public static StopCause Fault { get; } = new("fault");

    /// <summary>The consumer left the loop.</summary>
    public static StopCause ConsumerLeft { get; } = new("consumer-left");

    /// <summary>The caller's token was cancelled.</summary>
    public static StopCause CallerCancelled { get; } = new("caller-cancelled");

    /// <summary>A strategy of the caller's pipeline gave an attempt up; no outcome has this cause.</summary>
    internal static StopCause Pipeline { get; } = new("pipeline");

    /// <summary>The headers of an attempt did not come in time.</summary>
    internal static StopCause HeadersTimeout { get; } = new("headers-timeout");

    /// <inheritdoc/>
    public override string ToString() => Name ?? "";

    internal bool IsSilence => this == FirstChunkTimeout || this == IdleTimeout || this == Deadline;

    internal bool IsOfAPolicy =>
        !(this == EndOfBody || this == Fault || IsSilence || this == ConsumerLeft || this == CallerCancelled || this == default);
}

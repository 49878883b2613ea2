using System.Text.Json.Serialization;

namespace VllmAdapter.Diagnostics;

/// <summary>Why the adapter stopped reading. Policies may add causes of their own.</summary>
/// <param name="Value">A short name; two causes are equal if their names are.</param>
[JsonConverter(typeof(VllmJsonConverter))]
public readonly record struct TerminationCause(string Value)
{
    /// <summary>The response body ended.</summary>
    public static TerminationCause EndOfBody { get; } = new("end-of-body");

    /// <summary>The sentinel came (<c>[DONE]</c>).</summary>
    public static TerminationCause Sentinel { get; } = new("sentinel");

    /// <summary>Every choice had declared its finish reason, and the grace period for what may follow was over.</summary>
    public static TerminationCause FinishReason { get; } = new("finish-reason");

    /// <summary>No chunk came within the limit for the first one.</summary>
    public static TerminationCause FirstChunkTimeout { get; } = new("first-chunk-timeout");

    /// <summary>No further progress came within the limit between chunks.</summary>
    public static TerminationCause IdleTimeout { get; } = new("idle-timeout");

    /// <summary>The time for the whole stream was over.</summary>
    public static TerminationCause Deadline { get; } = new("deadline");

    /// <summary>The caller's own <see cref="TokenBudget"/> was spent.</summary>
    public static TerminationCause BudgetExhausted { get; } = new("budget-exhausted");

    /// <summary>An error event, unreadable bytes or a broken connection ended the stream.</summary>
    public static TerminationCause Fault { get; } = new("fault");

    /// <summary>The consumer left the loop.</summary>
    public static TerminationCause ConsumerLeft { get; } = new("consumer-left");

    /// <summary>The caller's token was canceled.</summary>
    public static TerminationCause CallerCanceled { get; } = new("caller-canceled");

    /// <summary>A strategy of the caller's pipeline gave an attempt up; no outcome has this cause.</summary>
    internal static TerminationCause Pipeline { get; } = new("pipeline");

    /// <summary>The headers of an attempt did not come in time.</summary>
    internal static TerminationCause HeadersTimeout { get; } = new("headers-timeout");

    /// <inheritdoc/>
    public override string ToString() => Value ?? "";

    internal bool IsSilence => this == FirstChunkTimeout || this == IdleTimeout || this == Deadline;

    internal bool IsOfAPolicy =>
        !(this == EndOfBody || this == Fault || IsSilence || this == ConsumerLeft || this == CallerCanceled || this == default);
}

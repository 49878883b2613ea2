namespace VllmAdapter.Diagnostics;

/// <summary>A try that failed before anything was handed out, and was followed by another.</summary>
public sealed record FailedAttempt
{
    /// <summary>The id under which it was sent (<c>X-Request-Id</c>); every attempt has its own.</summary>
    public string? RequestId { get; init; }

    /// <summary>Why it failed, in one sentence.</summary>
    public string Reason { get; init; } = "";

    /// <summary>How long it took.</summary>
    public TimeSpan Took { get; init; }
}

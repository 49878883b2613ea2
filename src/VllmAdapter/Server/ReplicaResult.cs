using System.Diagnostics.CodeAnalysis;

namespace VllmAdapter.Server;

/// <summary>What one of several replicas answered, or why it did not.</summary>
/// <typeparam name="T">What was asked for.</typeparam>
public sealed record ReplicaResult<T>
{
    /// <summary>The replica's address, as it was given.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>What it answered; the default if it failed.</summary>
    public T? Value { get; init; }

    /// <summary>Why it did not answer; null if it did.</summary>
    public VllmRequestException? Failure { get; init; }

    /// <summary>Whether it answered.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Failure))]
    public bool IsSuccess => Failure is null;
}

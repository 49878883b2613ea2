namespace VllmAdapter;

/// <summary>What a refused request means for its caller.</summary>
/// <param name="Failure">What went wrong, by what to do about it.</param>
internal sealed record FailureMeaning(RequestFailure Failure)
{
    /// <summary>The numbers of a request that does not fit.</summary>
    public ContextRefusal? Refusal { get; init; }

    /// <summary>Where in the request the part stands that the server could not get.</summary>
    public string? BlamedPart { get; init; }

    /// <summary>Credit or a quota is used up; waiting a moment does not help.</summary>
    public bool IsQuotaSpent { get; init; }

    /// <summary>Whether the same request may succeed later.</summary>
    public bool IsRetryable { get; init; }
}

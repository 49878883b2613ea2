namespace VllmAdapter.Diagnostics;

/// <summary>What a policy answers: continue, continue for at most some time of silence, or stop.</summary>
public readonly record struct TerminationDecision
{
    private TerminationDecision(TimeSpan? wait, TerminationCause? cause) => (Wait, Cause) = (wait, cause);

    /// <summary>How long the adapter may wait before it asks again, or null for as long as it takes.</summary>
    public TimeSpan? Wait { get; }

    /// <summary>Why to stop, or null to continue.</summary>
    public TerminationCause? Cause { get; }

    /// <summary>Whether the stream ends here.</summary>
    public bool IsStop => Cause is not null;

    /// <summary>Continue, however long the server takes.</summary>
    public static TerminationDecision Continue => default;

    /// <summary>Continue; if nothing was observed within <paramref name="wait"/>, ask again.</summary>
    /// <param name="wait">How long; less than zero counts as zero. It is not a way to stop: the adapter asks again after a short least wait.</param>
    public static TerminationDecision ContinueFor(TimeSpan wait) =>
        new(wait < TimeSpan.Zero ? TimeSpan.Zero : wait, cause: null);

    /// <summary>Stop reading and hang up.</summary>
    /// <param name="cause">Why; causes of your own are welcome.</param>
    /// <exception cref="ArgumentException">The cause has no name.</exception>
    public static TerminationDecision Stop(TerminationCause cause)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(cause.Value, nameof(cause));
        return new TerminationDecision(wait: null, cause);
    }
}

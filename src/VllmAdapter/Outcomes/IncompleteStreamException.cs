namespace VllmAdapter;

/// <summary>A stream that began did not end the way an answer ends. Everything that was received is here.</summary>
public sealed class IncompleteStreamException : VllmException
{
    /// <summary>Makes the exception that an adapter would throw; for tests, decorators and stand-ins.</summary>
    /// <param name="outcome">How the stream ended.</param>
    /// <param name="received">What was received before the end.</param>
    public IncompleteStreamException(StreamOutcome outcome, ChatAnswer received)
        : base(MessageOf(outcome), outcome.Evidence.Fault)
    {
        ArgumentNullException.ThrowIfNull(received);
        Outcome = outcome;
        Received = received;
    }

    /// <summary>How the stream ended, and what that is based on.</summary>
    public StreamOutcome Outcome { get; }

    /// <summary>What was received before the end.</summary>
    public ChatAnswer Received { get; }

    private static string MessageOf(StreamOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return WayOut.After(outcome);
    }
}

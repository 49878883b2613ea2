namespace VllmAdapter;

/// <summary>A stream that began did not end as an answer ends. Everything that was received is here.</summary>
public sealed class IncompleteStreamException : Exception
{
    internal IncompleteStreamException(StreamOutcome outcome, ChatAnswer received)
        : base(WayOut.After(outcome), outcome.Evidence.Fault)
    {
        Outcome = outcome;
        Received = received;
    }

    /// <summary>How the stream ended, and what that rests on.</summary>
    public StreamOutcome Outcome { get; }

    /// <summary>What was received before the end.</summary>
    public ChatAnswer Received { get; }
}

namespace VllmAdapter;

/// <summary>What the adapter does when a stream did not end the way an answer ends, after everything received was handed out.</summary>
/// <remarks>Cancellation by the caller always surfaces as <see cref="OperationCanceledException"/>, whatever is chosen here.</remarks>
public enum IncompleteStreamBehavior
{
    /// <summary>
    /// Throw <see cref="IncompleteStreamException"/> for server errors, unreadable bodies, stalls, interruptions and aborts. The default.
    /// </summary>
    Throw = 1,

    /// <summary>Never throw: read <see cref="ChatChunk.Outcome"/> or <see cref="ChatStream.Outcome"/>.</summary>
    Report,

    /// <summary>Throw as <see cref="Throw"/> does, and also when nobody confirmed the end (<see cref="StreamVerdict.Unconfirmed"/>).</summary>
    ThrowUnlessConfirmed,
}

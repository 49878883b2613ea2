namespace VllmAdapter;

/// <summary>How a stream, or one choice of it, ended.</summary>
public enum StreamVerdict
{
    /// <summary>The server declared the end of the answer: use it.</summary>
    Completed = 1,

    /// <summary>
    /// The server came to its end without a finish reason, so nothing says whether the answer is complete or was cut: use it, but
    /// know that nobody confirmed it. Or output is missing, all or surely a part of it: <see cref="StreamOutcome.Notes"/> says so.
    /// </summary>
    Unconfirmed,

    /// <summary>The token limit cut the answer: raise the limit that <see cref="StreamOutcome.Limit"/> names, or continue the answer.</summary>
    LengthLimited,

    /// <summary>The server ended the answer for a reason of its own: read <see cref="StreamOutcome.FinishReason"/>.</summary>
    StoppedByServer,

    /// <summary>The budget or a policy of the caller's ended the stream: what came before is good, more may have followed.</summary>
    StoppedByPolicy,

    /// <summary>The server gave up on the request (finish reason <c>abort</c>): ask again, perhaps elsewhere.</summary>
    Aborted,

    /// <summary>
    /// The connection was cut, or the body ended where an answer cannot end, even if it ended in order: with neither a finish reason nor the sentinel
    /// (<see cref="VllmAdapterOptions.ExpectsSentinel"/>). Ask again, or continue the text.
    /// </summary>
    Interrupted,

    /// <summary>The server made no progress for longer than the policy allows: look at its load, or raise the limit.</summary>
    Stalled,

    /// <summary>The server reported an error after the stream had begun: read <see cref="StreamEvidence.Error"/>.</summary>
    ServerError,

    /// <summary>The body cannot be read as a chat stream: something other than vLLM may be answering.</summary>
    Malformed,

    /// <summary>The caller's cancellation token ended the stream.</summary>
    Canceled,

    /// <summary>The consumer left the loop before the end.</summary>
    Abandoned,
}

namespace VllmAdapter;

/// <summary>What to do with a request that sets a field which the server does not know, and would silently ignore.</summary>
public enum UnknownFieldBehavior
{
    /// <summary>It is sent, and a warning is logged, once for each field. Nothing waits for it: the server is asked in parallel with the first such request.</summary>
    Note = 1,

    /// <summary>
    /// It is not sent, and fails with <see cref="RequestFailure.BadRequest"/>. The first such request waits until the server has said what it knows, for
    /// at most twice <see cref="TimeLimits.ServerCall"/>; where the server does not say, requests are sent.
    /// </summary>
    Refuse,

    /// <summary>Nobody asks.</summary>
    Off,
}

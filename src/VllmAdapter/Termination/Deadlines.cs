namespace VllmAdapter;

/// <summary>The times that a policy is known to end a stream by, wherever in it they are named.</summary>
internal static class Deadlines
{
    /// <summary>When the whole stream is over; null if the policy does not say.</summary>
    public static TimeSpan? KnownTo(IStreamTerminationPolicy policy) => policy switch
    {
        DeadlinePolicy deadline => deadline.Deadline,
        FirstOfPolicy first => first.Policies.Select(KnownTo).Min(),
        AllOfPolicy all when all.Policies.All(one => KnownTo(one) is not null) => all.Policies.Max(KnownTo),
        _ => null,
    };

    /// <summary>The silence before the first chunk that the policy allows; null if it does not say.</summary>
    public static TimeSpan? BeforeFirstChunkKnownTo(IStreamTerminationPolicy policy) => policy switch
    {
        SilencePolicy silence => silence.BeforeFirstChunk,
        FirstOfPolicy first => first.Policies.Select(BeforeFirstChunkKnownTo).Min(),
        _ => null,
    };
}

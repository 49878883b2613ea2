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

    /// <summary>Whether nothing but a deadline can stop a stream by this policy while the server owes nothing: it is made of those that come with the adapter.</summary>
    public static bool AreAllOf(IStreamTerminationPolicy policy) => policy switch
    {
        SentinelPolicy or FinishReasonPolicy or SilencePolicy or BudgetPolicy or DeadlinePolicy => true,
        FirstOfPolicy first => first.Policies.All(AreAllOf),
        AllOfPolicy all => all.Policies.All(AreAllOf),
        _ => false,
    };

    /// <summary>The silence before the first chunk that the policy allows; null if it does not say.</summary>
    public static TimeSpan? BeforeFirstChunkKnownTo(IStreamTerminationPolicy policy) => policy switch
    {
        SilencePolicy silence => silence.BeforeFirstChunk,
        FirstOfPolicy first => first.Policies.Select(BeforeFirstChunkKnownTo).Min(),
        _ => null,
    };
}

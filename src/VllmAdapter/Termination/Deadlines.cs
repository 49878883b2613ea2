namespace VllmAdapter;

/// <summary>When a stream has to be over, as far as a policy names a time for the whole.</summary>
internal static class Deadlines
{
    /// <summary>The time after which the policy stops whatever comes; null if it names none.</summary>
    public static TimeSpan? KnownTo(IStreamTerminationPolicy policy) => policy switch
    {
        DeadlinePolicy deadline => deadline.Deadline,
        FirstOfPolicy first => first.Policies.Min(KnownTo),
        AllOfPolicy all when all.Policies.All(each => KnownTo(each) is not null) => all.Policies.Max(KnownTo),
        _ => null,
    };
}

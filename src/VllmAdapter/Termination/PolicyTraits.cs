using System.Runtime.CompilerServices;
using System.Text;

namespace VllmAdapter;

/// <summary>What a policy is known to do, wherever in it that is named; of one that is not the adapter's own nothing is.</summary>
internal sealed class PolicyTraits
{
    private static readonly ConditionalWeakTable<IStreamTerminationPolicy, PolicyTraits> Known = [];
    private static readonly byte[] Done = "[DONE]"u8.ToArray();

    private PolicyTraits(IStreamTerminationPolicy policy)
    {
        Sentinels = [Done, .. SentinelsIn(policy).Distinct(StringComparer.Ordinal).Select(Encoding.UTF8.GetBytes)];
        Deadline = DeadlineOf(policy);
        BeforeFirstChunk = BeforeFirstChunkOf(policy);
        StopsOnlyByDeadline = IsTheAdaptersOwn(policy);
    }

    /// <summary>The text of each sentinel.</summary>
    public byte[][] Sentinels { get; }

    /// <summary>When the whole stream is over; null if the policy does not say.</summary>
    public TimeSpan? Deadline { get; }

    /// <summary>The silence before the first chunk that the policy allows; null if it does not say.</summary>
    public TimeSpan? BeforeFirstChunk { get; }

    /// <summary>Whether nothing but a deadline can stop a stream by this policy while the server owes nothing: it is made of those that come with the adapter.</summary>
    public bool StopsOnlyByDeadline { get; }

    /// <summary>Of one policy they are found out once. Thread-safe.</summary>
    public static PolicyTraits Of(IStreamTerminationPolicy policy) => Known.GetValue(policy, static policy => new PolicyTraits(policy));

    private static IEnumerable<string> SentinelsIn(IStreamTerminationPolicy policy) => policy switch
    {
        SentinelPolicy sentinel => [sentinel.Sentinel],
        FirstOfPolicy first => first.Policies.SelectMany(SentinelsIn),
        AllOfPolicy all => all.Policies.SelectMany(SentinelsIn),
        _ => [],
    };

    private static TimeSpan? DeadlineOf(IStreamTerminationPolicy policy) => policy switch
    {
        DeadlinePolicy deadline => deadline.Deadline,
        FirstOfPolicy first => first.Policies.Select(DeadlineOf).Min(),
        AllOfPolicy all when all.Policies.All(one => DeadlineOf(one) is not null) => all.Policies.Max(DeadlineOf),
        _ => null,
    };

    private static TimeSpan? BeforeFirstChunkOf(IStreamTerminationPolicy policy) => policy switch
    {
        SilencePolicy silence => silence.BeforeFirstChunk,
        FirstOfPolicy first => first.Policies.Select(BeforeFirstChunkOf).Min(),
        _ => null,
    };

    private static bool IsTheAdaptersOwn(IStreamTerminationPolicy policy) => policy switch
    {
        SentinelPolicy or FinishReasonPolicy or SilencePolicy or BudgetPolicy or DeadlinePolicy => true,
        FirstOfPolicy first => first.Policies.All(IsTheAdaptersOwn),
        AllOfPolicy all => all.Policies.All(IsTheAdaptersOwn),
        _ => false,
    };
}

using System.Text;

namespace VllmAdapter;

/// <summary>The events that mark the end of a stream: vLLM's own, and those that a policy waits for.</summary>
internal static class Sentinels
{
    private static readonly byte[] Done = "[DONE]"u8.ToArray();

    /// <summary>The text of each, wherever in the policy it is named.</summary>
    public static byte[][] KnownTo(IStreamTerminationPolicy policy) =>
        [Done, .. Named(policy).Distinct(StringComparer.Ordinal).Select(Encoding.UTF8.GetBytes)];

    private static IEnumerable<string> Named(IStreamTerminationPolicy policy) => policy switch
    {
        SentinelPolicy sentinel => [sentinel.Sentinel],
        FirstOfPolicy first => first.Policies.SelectMany(Named),
        AllOfPolicy all => all.Policies.SelectMany(Named),
        _ => [],
    };
}

namespace VllmAdapter.Tests.Recorded;

/// <summary>Recordings whose expectation is held to be wrong, each with the reason. The adapter is not bent to fit them.</summary>
internal static class DisputedExpectations
{
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

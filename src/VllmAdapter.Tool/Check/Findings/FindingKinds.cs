namespace VllmAdapter.Tool.Check;

/// <summary>Everything that the check can find, worst first.</summary>
internal static class FindingKinds
{
    public static IReadOnlyList<FindingKind> All { get; } =
    [
        .. ((IEnumerable<FindingKind>)[.. CallKinds.All, .. EndKinds.All, .. AnswerKinds.All, .. ServerKinds.All])
            .OrderByDescending(kind => kind.Severity), // stable: within a severity the order of the lists
    ];

    /// <summary>Where a kind stands in the list: the lower, the worse.</summary>
    public static int Rank(FindingKind kind)
    {
        for (int i = 0; i < All.Count; i++)
        {
            if (ReferenceEquals(All[i], kind))
                return i;
        }

        throw new ArgumentException($"The finding {kind.Id} is not in the list.", nameof(kind));
    }
}

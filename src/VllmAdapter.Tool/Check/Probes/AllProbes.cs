namespace VllmAdapter.Tool.Check;

/// <summary>The probes, in the order in which they are asked: what needs least first, what may disturb last.</summary>
internal static class AllProbes
{
    private static readonly string[] QuickNames =
        ["health", "introduction", "metrics", "text", "text-cut", "tool-auto", "tool-required", "cut-required", "json-schema", "unknown-model"];

    public static IReadOnlyList<IProbe> Full { get; } =
    [
        .. ServerProbes.All, .. TextProbes.All, new TokenizeProbe(), .. ToolProbes.All, .. CutProbe.All, .. StructuredProbes.All,
        .. ErrorProbes.All, new PiecesProbe(), new HangUpProbe(),
    ];

    /// <summary>The few that find most.</summary>
    public static IReadOnlyList<IProbe> Quick { get; } = [.. Full.Where(probe => QuickNames.Contains(probe.Name))];
}

namespace VllmAdapter.Tool.Tests.Check;

/// <summary>A table of known faults, kept beside the tests: one line a case, its name and the findings that it shows. Cases that show nothing have no line.</summary>
internal static class FindingTable
{
    public static IReadOnlyList<string> Read(string file) =>
        [.. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Check", file)).Where(line => line.Length > 0 && !line.StartsWith('#'))];

    public static string? Line(string name, IEnumerable<string> ids) =>
        string.Join(", ", ids.Distinct()) is { Length: > 0 } found ? $"{name}: {found}" : null;
}

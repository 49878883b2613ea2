using System.Text.Json.Nodes;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Recorded;

/// <summary>
/// The recorded exchanges of one route, by their path below a folder. The environment variable VLLMADAPTER_ROUTE_CASES names another folder, laid out as
/// <c>version/group</c>, whose groups are replayed in addition.
/// </summary>
internal sealed class RouteRecordings(string folder, params string[] groups)
{
    private readonly Lazy<IReadOnlyDictionary<string, Recording>> _all = new(() => Load(folder, groups).ToDictionary(recording => recording.Path, StringComparer.Ordinal));

    public IEnumerable<Recording> All => _all.Value.Values;

    public TheoryData<RecordedPath> Paths(Func<Recording, bool> which) => [.. All.Where(which).Select(recording => new RecordedPath(recording.Path))];

    public Recording At(RecordedPath path) => _all.Value[path.Path!];

    private static IEnumerable<Recording> Load(string folder, string[] groups)
    {
        string kept = Path.Combine(AppContext.BaseDirectory, folder);
        foreach (string file in Directory.EnumerateFiles(kept, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            yield return Read(file, kept);

        if (Environment.GetEnvironmentVariable("VLLMADAPTER_ROUTE_CASES") is not { Length: > 0 } elsewhere)
            yield break;

        foreach (string group in Directory.EnumerateDirectories(elsewhere).Order(StringComparer.Ordinal).SelectMany(version => groups.Select(group => Path.Combine(version, group))).Where(Directory.Exists))
        {
            foreach (string file in Directory.EnumerateFiles(group, "*.json").Order(StringComparer.Ordinal))
                yield return Read(file, elsewhere);
        }
    }

    private static Recording Read(string file, string root)
    {
        string json = File.ReadAllText(file);
        return new Recording(Path.GetRelativePath(root, file).Replace('\\', '/')[..^".json".Length], RecordedExchange.Parse(json), JsonNode.Parse(json)!.AsObject());
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Recorded;

/// <summary>A folder of cases, each in a file of the format that <c>Recordings/README.md</c> describes.</summary>
/// <remarks>The environment variable VLLMADAPTER_CASES names one more folder, to hold the adapter against cases that are not kept here.</remarks>
internal sealed class RecordedCorpus
{
    private static readonly string Data = Path.Combine(AppContext.BaseDirectory, "Recordings");
    private readonly Lazy<Dictionary<string, Recording>> _cases;

    private RecordedCorpus(Func<IEnumerable<Recording>> cases) =>
        _cases = new(() => cases().ToDictionary(one => one.Path, StringComparer.Ordinal));

    /// <summary>Real vLLM servers, and gateways that are part of its world.</summary>
    public static RecordedCorpus Servers { get; } = new(() => Directory.EnumerateDirectories(Data)
        .Where(folder => Path.GetFileName(folder) is not ("behind-proxies" or "after-reports"))
        .Order(StringComparer.Ordinal).SelectMany(folder => Below(folder, Data)));

    /// <summary>What real reverse proxies made of a server that ended, was killed, reset, silent or absent.</summary>
    public static RecordedCorpus Proxies { get; } = new(() => Below(Path.Combine(Data, "behind-proxies"), Data));

    /// <summary>Made by hand after public reports.</summary>
    public static RecordedCorpus Reports { get; } = new(() => Below(Path.Combine(Data, "after-reports"), Data));

    /// <summary>The folder that the environment names.</summary>
    public static RecordedCorpus Elsewhere { get; } = new(() =>
        Environment.GetEnvironmentVariable("VLLMADAPTER_CASES") is { Length: > 0 } folder ? Below(folder, folder) : []);

    public IReadOnlyList<Recording> Cases => [.. _cases.Value.Values];

    /// <summary>The cases with an expectation of a chat; where there is none, the row that stands for none.</summary>
    public TheoryData<RecordedPath> Judged
    {
        get
        {
            TheoryData<RecordedPath> paths = [.. Cases.Where(one => one.Kind is not null).Select(one => new RecordedPath(one.Path))];
            return paths.Count > 0 ? paths : [new RecordedPath()];
        }
    }

    public static Recording Find(string path)
    {
        foreach (RecordedCorpus corpus in (RecordedCorpus[])[Servers, Proxies, Reports, Elsewhere])
        {
            if (corpus._cases.Value.TryGetValue(path, out Recording? found))
                return found;
        }

        throw new ArgumentException($"There is no case {path}.", nameof(path));
    }

    public TheoryData<string> PathsOf(Func<Recording, bool> which) => [.. Cases.Where(which).Select(one => one.Path)];

    private static IEnumerable<Recording> Below(string folder, string root) => Directory
        .EnumerateFiles(folder, "*.json", SearchOption.AllDirectories)
        .Order(StringComparer.Ordinal)
        .Select(file => Load(file, Path.GetRelativePath(root, file).Replace('\\', '/')[..^".json".Length]));

    private static Recording Load(string file, string path)
    {
        try
        {
            string json = File.ReadAllText(file);
            return new Recording(path, RecordedExchange.Parse(json), JsonNode.Parse(json)!.AsObject());
        }
        catch (Exception unreadable) when (unreadable is FormatException or JsonException or InvalidOperationException)
        {
            throw new FormatException($"{file} cannot be read: {unreadable.Message}", unreadable);
        }
    }
}

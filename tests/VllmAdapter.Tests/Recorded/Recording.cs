using System.Text.Json.Nodes;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Recorded;

/// <summary>A recorded exchange of the test data, by its path below the folder of recordings.</summary>
internal sealed record Recording(string Path, RecordedExchange Exchange)
{
    private static readonly string Folder = System.IO.Path.Combine(AppContext.BaseDirectory, "Recordings");
    private static readonly Lazy<IReadOnlyList<Recording>> Loaded = new(LoadAll);

    public static IReadOnlyList<Recording> All => Loaded.Value;

    public string? Kind => Exchange.Expect?["kind"]?.GetValue<string>();

    public bool IsStream => Kind == "stream";

    public byte[] Body { get; } = [.. Exchange.Response.Pieces.SelectMany(piece => piece.Bytes.ToArray())];

    public JsonNode Expect => Exchange.Expect!;

    public static Recording At(string path) => All.Single(recording => recording.Path == path);

    public static TheoryData<string> PathsOf(Func<Recording, bool> which)
    {
        var paths = new TheoryData<string>();
        foreach (Recording recording in All.Where(which))
            paths.Add(recording.Path);

        return paths;
    }

    /// <summary>The request as the typed API says it; where there was none, one that a recorded refusal can be played to.</summary>
    public ChatRequest Request() => Exchange.Request.Body is JsonObject body
        ? RecordedRequest.FromBody(body)
        : ChatRequest.FromPrompt("Hello.");

    public override string ToString() => Path;

    private static IReadOnlyList<Recording> LoadAll() =>
    [
        .. Directory.EnumerateFiles(Folder, "*.json", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(file => new Recording(
                System.IO.Path.GetRelativePath(Folder, file).Replace('\\', '/').Replace(".json", "", StringComparison.Ordinal),
                RecordedExchange.Load(file))),
    ];
}

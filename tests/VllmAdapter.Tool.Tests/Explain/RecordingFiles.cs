namespace VllmAdapter.Tool.Tests.Explain;

/// <summary>The recordings that come with the tests.</summary>
internal static class RecordingFiles
{
    public static string Directory { get; } = Path.Combine(AppContext.BaseDirectory, "Recordings");

    public static IEnumerable<string> All => System.IO.Directory.EnumerateFiles(Directory, "*.json", SearchOption.AllDirectories);

    public static string PathOf(string name) => Path.Combine(Directory, $"{name}.json");

    /// <summary>The body of a recorded response, as it came.</summary>
    public static byte[] BodyOf(string name) => [.. RecordedExchange.Load(PathOf(name)).Response.Pieces.SelectMany(piece => piece.Bytes.ToArray())];
}

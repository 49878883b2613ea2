namespace VllmAdapter.Tool.Tests;

/// <summary>The files of the repository, for tests that hold documents against the code.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>Holds a document against what the code makes; with VLLMADAPTER_WRITE_DOCS set, writes it.</summary>
    public static void ShouldHold(string path, string content)
    {
        string file = Path.Combine(Root, path);
        if (Environment.GetEnvironmentVariable("VLLMADAPTER_WRITE_DOCS") is { Length: > 0 })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, content);
        }

        File.ReadAllText(file).ReplaceLineEndings("\n").Should().Be(content, because: $"{path} is made by this test: set VLLMADAPTER_WRITE_DOCS=1 and run it");
    }

    private static string Find(string folder) => File.Exists(Path.Combine(folder, "VllmAdapter.sln"))
        ? folder
        : Find(Path.GetDirectoryName(folder.TrimEnd(Path.DirectorySeparatorChar)) ?? throw new InvalidOperationException("The repository is not above the tests."));
}

namespace VllmAdapter.Tests.Documentation;

/// <summary>The pages of the repository that the tests run in.</summary>
internal static class Pages
{
    private static readonly string Root = FindRoot(new DirectoryInfo(AppContext.BaseDirectory));

    public static string At(string path) => Path.Combine(Root, path);

    private static string FindRoot(DirectoryInfo? folder) => folder is null
        ? throw new InvalidOperationException("The tests do not run below the repository.")
        : File.Exists(Path.Combine(folder.FullName, "VllmAdapter.sln")) ? folder.FullName : FindRoot(folder.Parent);
}

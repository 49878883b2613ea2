using System.Reflection;

namespace VllmAdapter.Tests.PublicSurface;

/// <summary>What users can see changes only on purpose: the change is part of the commit, for everybody to read.</summary>
public sealed class PublicApiTests
{
    private const string Update = "UPDATE_PUBLIC_API";

    public static TheoryData<string, string> Packages => new()
    {
        { "VllmAdapter", "PublicApi.txt" },
        { "VllmAdapter.Extensions.AI", "PublicApi.Extensions.AI.txt" },
        { "VllmAdapter.Testing", "PublicApi.Testing.txt" },
    };

    [Theory]
    [MemberData(nameof(Packages))]
    public void The_public_surface_is_the_committed_one(string assembly, string file)
    {
        string path = Path.Combine(Folder(), file);
        string[] surface = [.. SurfacePrinter.Print(Assembly.Load(assembly))];
        if (Environment.GetEnvironmentVariable(Update) is "1")
            File.WriteAllLines(path, surface);

        string[] committed = File.Exists(path) ? File.ReadAllLines(path) : [];
        string[] differences = [.. committed.Except(surface).Select(line => $"- {line}"), .. surface.Except(committed).Select(line => $"+ {line}")];

        Assert.True(
            committed.SequenceEqual(surface),
            $"""
            The public surface of {assembly} is not the one in {file}:
            {string.Join('\n', differences)}
            If that is meant, run
                {Update}=1 dotnet test tests/VllmAdapter.Tests --filter FullyQualifiedName~PublicApiTests
            and commit the file, in a commit of its own.
            """);
    }

    private static string Folder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "VllmAdapter.sln")))
            folder = folder.Parent;

        return Path.Combine(folder?.FullName ?? throw new DirectoryNotFoundException("The tests do not run inside the repository."),
            "tests", "VllmAdapter.Tests", "PublicSurface");
    }
}

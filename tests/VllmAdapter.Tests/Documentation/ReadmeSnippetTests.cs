using System.Text.RegularExpressions;

namespace VllmAdapter.Tests.Documentation;

/// <summary>What the pages show is what the samples run.</summary>
public sealed partial class ReadmeSnippetTests
{
    private static readonly string Root = FindRoot(new DirectoryInfo(AppContext.BaseDirectory));

    public static TheoryData<string, string, string> Snippets
    {
        get
        {
            var snippets = new TheoryData<string, string, string>();
            foreach (string page in new[] { "README.md" }.Concat(Directory.Exists(At("docs")) ? Directory.GetFiles(At("docs"), "*.md") : []))
            {
                foreach (Match match in Snippet().Matches(File.ReadAllText(At(page))))
                    snippets.Add($"{Path.GetFileName(page)}: {match.Groups["file"].Value}#{match.Groups["name"].Value}", match.Groups["file"].Value + "#" + match.Groups["name"].Value, match.Groups["code"].Value);
            }

            return snippets;
        }
    }

    [Theory]
    [MemberData(nameof(Snippets))]
    public void A_snippet_is_the_marked_part_of_its_sample(string where, string source, string shown)
    {
        string[] parts = source.Split('#');
        string code = File.ReadAllText(At(parts[0]));
        Match marked = Regex.Match(code, $@"// <{parts[1]}>\n(?<code>.*?)\n[ ]*// </{parts[1]}>", RegexOptions.Singleline, TimeSpan.FromSeconds(5));

        marked.Success.Should().BeTrue($"{where}: the sample marks the part with // <{parts[1]}>");
        Unindent(marked.Groups["code"].Value).Should().Be(shown.TrimEnd(), where);
    }

    [Fact]
    public void The_README_shows_samples() => Snippets.Should().HaveCountGreaterThan(1);

    private static string Unindent(string code)
    {
        string[] lines = code.Split('\n');
        int indent = lines.Where(line => line.Trim().Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length >= indent ? line[indent..] : "")).TrimEnd();
    }

    private static string At(string path) => Path.Combine(Root, path);

    private static string FindRoot(DirectoryInfo? folder) => folder is null
        ? throw new InvalidOperationException("The tests do not run below the repository.")
        : File.Exists(Path.Combine(folder.FullName, "VllmAdapter.sln")) ? folder.FullName : FindRoot(folder.Parent);

    [GeneratedRegex(@"<!-- snippet: (?<file>[^#\s]+)#(?<name>\S+) -->\s*```(?:csharp|fsharp)\n(?<code>.*?)```", RegexOptions.Singleline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Snippet();
}

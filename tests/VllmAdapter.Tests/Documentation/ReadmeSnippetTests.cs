using System.Globalization;
using System.Text.RegularExpressions;

namespace VllmAdapter.Tests.Documentation;

/// <summary>What the pages show is what the samples run.</summary>
public sealed partial class ReadmeSnippetTests
{
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

    public static TheoryData<string, string, int> Programs
    {
        get
        {
            var programs = new TheoryData<string, string, int>();
            foreach (Match row in Row().Matches(File.ReadAllText(At("docs/recipes.md"))))
                programs.Add(row.Groups["title"].Value, row.Groups["anchor"].Value, int.Parse(row.Groups["lines"].Value, CultureInfo.InvariantCulture));
            return programs;
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void A_recipe_is_where_its_table_points_and_as_short_as_it_says(string title, string anchor, int lines)
    {
        string page = File.ReadAllText(At("docs/recipes.md"));
        Match section = Regex.Match(page, $@"^## {Regex.Escape(title)}\n(?<text>.*?)(?=^## |\z)", RegexOptions.Multiline | RegexOptions.Singleline, TimeSpan.FromSeconds(5));

        section.Success.Should().BeTrue("the page has a section of that title");
        anchor.Should().Be(Regex.Replace(title.ToLowerInvariant(), "[^a-z0-9 -]", "", RegexOptions.None, TimeSpan.FromSeconds(5)).Replace(' ', '-'));
        Snippet().Matches(section.Groups["text"].Value).Sum(LinesOfCode).Should().Be(lines);
    }

    [Fact]
    public void The_recipes_have_a_table() => Programs.Should().HaveCountGreaterThan(1);

    private static int LinesOfCode(Match snippet) => snippet.Groups["code"].Value.Split('\n').Count(line => line.Trim().Length > 0);

    private static string Unindent(string code)
    {
        string[] lines = code.Split('\n');
        int indent = lines.Where(line => line.Trim().Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length >= indent ? line[indent..] : "")).TrimEnd();
    }

    private static string At(string path) => Pages.At(path);

    [GeneratedRegex(@"<!-- snippet: (?<file>[^#\s]+)#(?<name>\S+) -->\s*```(?:csharp|fsharp)\n(?<code>.*?)```", RegexOptions.Singleline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Snippet();

    [GeneratedRegex(@"^\| \[(?<title>[^\]]+)\]\(#(?<anchor>[^)]+)\) \| (?<lines>\d+) \|$", RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Row();
}

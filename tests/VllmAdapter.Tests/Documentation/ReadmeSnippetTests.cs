using System.Globalization;
using System.Text.RegularExpressions;

namespace VllmAdapter.Tests.Documentation;

/// <summary>What the pages show is what the samples run.</summary>
/// <remarks>VLLMADAPTER_WRITE_PAGES=1 makes the test write the code into the pages instead of comparing it.</remarks>
[Collection("Pages")]
public sealed partial class ReadmeSnippetTests
{
    private static IEnumerable<string> PagesWithCode =>
    [
        "README.md",
        .. Directory.GetFiles(At("docs"), "*.md").Select(path => $"docs/{Path.GetFileName(path)}"),
        .. Directory.GetDirectories(At("src")).Select(folder => $"src/{Path.GetFileName(folder)}/README.md").Where(page => File.Exists(At(page))),
    ];

    public static TheoryData<string, string, string> Snippets
    {
        get
        {
            var snippets = new TheoryData<string, string, string>();
            foreach (string page in PagesWithCode)
            {
                foreach (Match match in Snippet().Matches(File.ReadAllText(At(page))))
                    snippets.Add(page, match.Groups["file"].Value + "#" + match.Groups["name"].Value, match.Groups["code"].Value);
            }

            return snippets;
        }
    }

    /// <summary>Each block of C# or F#, by page and line, with the line above it.</summary>
    public static TheoryData<string, string> Blocks
    {
        get
        {
            var blocks = new TheoryData<string, string>();
            foreach (string page in PagesWithCode)
            {
                string[] lines = File.ReadAllLines(At(page));
                foreach (int at in Enumerable.Range(0, lines.Length).Where(at => lines[at] is "```csharp" or "```cs" or "```c#" or "```C#" or "```fsharp"))
                    blocks.Add($"{page}:{at + 1}", at == 0 ? "" : lines[at - 1]);
            }

            return blocks;
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Every_block_of_code_is_part_of_a_program_that_is_built(string where, string lineAbove)
    {
        Match marker = Marker().Match(lineAbove);

        marker.Success.Should().BeTrue($"{where}: the line above says which, as in <!-- snippet: samples/Recipes/ChatRecipes.cs#stream -->");
        marker.Groups["file"].Value.Should().MatchRegex("^(samples|tests)/.*[.](cs|fs)$", where);
    }

    [Theory]
    [MemberData(nameof(Snippets))]
    public void A_snippet_is_the_marked_part_of_its_sample(string page, string source, string shown)
    {
        string where = $"{page}: {source}";
        string[] parts = source.Split('#');
        string code = File.ReadAllText(At(parts[0]));
        Match marked = Regex.Match(code, $@"// <{parts[1]}>\n(?<code>.*?)\n[ ]*// </{parts[1]}>", RegexOptions.Singleline, TimeSpan.FromSeconds(5));

        marked.Success.Should().BeTrue($"{where}: the sample marks the part with // <{parts[1]}>");
        string marks = Unindent(marked.Groups["code"].Value);
        if (Environment.GetEnvironmentVariable("VLLMADAPTER_WRITE_PAGES") == "1")
            Write(page, source, marks);
        else
            marks.Should().Be(shown.TrimEnd(), $"{where}; VLLMADAPTER_WRITE_PAGES=1 writes it anew");
    }

    [Fact]
    public void The_README_shows_samples() => Snippets.Should().HaveCountGreaterThan(1);

    public static TheoryData<string, string, string, int> Programs
    {
        get
        {
            var programs = new TheoryData<string, string, string, int>();
            foreach (Match row in Row().Matches(File.ReadAllText(At("docs/recipes.md"))))
                programs.Add(row.Groups["title"].Value, row.Groups["page"].Value, row.Groups["anchor"].Value, int.Parse(row.Groups["lines"].Value, CultureInfo.InvariantCulture));
            return programs;
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void A_recipe_is_where_its_table_points_and_as_short_as_it_says(string title, string page, string anchor, int lines)
    {
        Match section = Regex.Match(File.ReadAllText(At($"docs/{page}")), $@"^## {Regex.Escape(title)}\n(?<text>.*?)(?=^## |\z)", RegexOptions.Multiline | RegexOptions.Singleline, TimeSpan.FromSeconds(5));

        section.Success.Should().BeTrue("the page has a section of that title");
        anchor.Should().Be(Regex.Replace(title.ToLowerInvariant(), "[^a-z0-9 -]", "", RegexOptions.None, TimeSpan.FromSeconds(5)).Replace(' ', '-'));
        Snippet().Matches(section.Groups["text"].Value).Sum(LinesOfCode).Should().Be(lines);
    }

    [Fact]
    public void The_recipes_have_a_table() => Programs.Should().HaveCountGreaterThan(1);

    private static void Write(string page, string source, string code) => File.WriteAllText(At(page), Snippet().Replace(File.ReadAllText(At(page)), block =>
        $"{block.Groups["file"].Value}#{block.Groups["name"].Value}" == source ? block.Value[..(block.Groups["code"].Index - block.Index)] + code + "\n```" : block.Value));

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

    [GeneratedRegex(@"^\| \[(?<title>[^\]]+)\]\((?<page>[a-z-]+\.md)#(?<anchor>[^)]+)\) \| (?<lines>\d+) \|$", RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Row();

    [GeneratedRegex(@"^<!-- snippet: (?<file>[^#\s]+)#\S+ -->$", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Marker();
}

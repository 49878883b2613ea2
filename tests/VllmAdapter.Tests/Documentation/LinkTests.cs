using System.Text.RegularExpressions;

namespace VllmAdapter.Tests.Documentation;

/// <summary>Where the pages point to is there.</summary>
public sealed partial class LinkTests
{
    public static TheoryData<string> Markdown =>
    [
        .. new[] { "README.md", "CHANGELOG.md", "CONTRIBUTING.md" }
            .Concat(Directory.GetFiles(Pages.At("docs"), "*.md", SearchOption.AllDirectories).Select(Relative))
            .Concat(Directory.GetDirectories(Pages.At("src")).Select(folder => Path.Combine(folder, "README.md")).Where(File.Exists).Select(Relative))
            .Order(),
    ];

    [Theory]
    [MemberData(nameof(Markdown))]
    public void Every_relative_link_leads_somewhere(string page)
    {
        string text = File.ReadAllText(Pages.At(page));
        string[] broken = [.. Link().Matches(Code().Replace(text, "")).Select(match => match.Groups["to"].Value).Where(to => !LeadsSomewhere(page, to))];

        broken.Should().BeEmpty(page);
    }

    private static bool LeadsSomewhere(string page, string to)
    {
        // The reference is made with the site.
        if (to.StartsWith("api/", StringComparison.Ordinal) || to.Contains("://", StringComparison.Ordinal) || to.StartsWith("mailto:", StringComparison.Ordinal))
            return true;

        string[] parts = to.Split('#');
        string target = parts[0].Length == 0 ? page : Relative(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Pages.At(page))!, parts[0])));
        if (parts.Length == 1)
            return File.Exists(Pages.At(target)) || Directory.Exists(Pages.At(target));

        return File.Exists(Pages.At(target)) && Heading().Matches(Code().Replace(File.ReadAllText(Pages.At(target)), "")).Any(match => Anchor(match.Groups["text"].Value.Trim()) == parts[1]);
    }

    // As GitHub makes them.
    private static string Anchor(string heading) => NotInAnchors().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');

    private static string Relative(string path) => Path.GetRelativePath(Pages.At(""), path).Replace('\\', '/');

    [GeneratedRegex(@"\]\((?<to>[^)\s]+)\)", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Code();

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex NotInAnchors();
}

using System.Text.RegularExpressions;

namespace VllmAdapter.Tests.Documentation;

/// <summary>A member that a page names, as in `ChatRequest.MaxTokens`, is one of the public surface.</summary>
public sealed partial class NamesOnPagesTests
{
    // Every public type of all packages with its members, as PublicAPI.*.txt lists them; a namespace is not a type.
    private static readonly Dictionary<string, HashSet<string>> Types = ReadTypes();

    public static TheoryData<string> AllPages =>
    [
        "README.md",
        .. Directory.GetFiles(Pages.At("docs"), "*.md").Select(path => $"docs/{Path.GetFileName(path)}").Order(StringComparer.Ordinal),
        .. Directory.GetDirectories(Pages.At("src")).Select(folder => $"src/{Path.GetFileName(folder)}/README.md").Where(page => File.Exists(Pages.At(page))),
    ];

    [Theory]
    [MemberData(nameof(AllPages))]
    public void Every_member_that_a_page_names_is_there(string page)
    {
        string text = Block().Replace(File.ReadAllText(Pages.At(page)), "");
        string[] unknown =
        [
            .. Code().Matches(text).SelectMany(code => Member().Matches(code.Value))
                .Where(member => Types.TryGetValue(member.Groups["type"].Value, out HashSet<string>? members) && !members.Contains(member.Groups["member"].Value))
                .Select(member => member.Value),
        ];

        unknown.Should().BeEmpty(page);
    }

    [Fact]
    public void The_lists_of_the_public_surface_are_read() => Types["ChatRequest"].Should().Contain(["MaxTokens", "With", "FromPrompt"]);

    private static Dictionary<string, HashSet<string>> ReadTypes()
    {
        IEnumerable<string[]> names = Directory.GetFiles(Pages.At("src"), "PublicAPI.*.txt", SearchOption.AllDirectories)
            .SelectMany(File.ReadLines)
            .Where(line => !line.StartsWith('#') && line.Length > 0)
            .Select(line => Name().Match(Modifiers().Replace(line, "")).Value.Split('.'))
            .Select(parts => parts[^1] is "get" or "set" or "init" ? parts[..^1] : parts);
        var types = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (string[] parts in names)
        {
            foreach ((string type, string member) in parts.Zip(parts.Skip(1)))
                (types.TryGetValue(type, out HashSet<string>? members) ? members : types[type] = new(StringComparer.Ordinal)).Add(member);
        }

        foreach (string nameSpace in new[] { "VllmAdapter", "Microsoft", "Extensions", "AI", "Agents", "Diagnostics", "Server", "Testing", "DependencyInjection" })
            types.Remove(nameSpace);
        return types;
    }

    [GeneratedRegex("^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Block();

    [GeneratedRegex("`[^`\n]+`", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Code();

    [GeneratedRegex(@"(?<![\w.])(?<type>[A-Z]\w+)\.(?<member>[A-Z]\w+)", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Member();

    [GeneratedRegex(@"^~?(?:\[\w+\])?(?:(?:static|const|override|abstract|virtual|sealed|readonly) )*", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Modifiers();

    [GeneratedRegex(@"^[\w.]+", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Name();
}

using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace VllmAdapter.Tests.Documentation;

/// <summary>docs/settings.md is made from the options themselves and their documentation.</summary>
/// <remarks>VLLMADAPTER_WRITE_PAGES=1 makes the test write the page instead of comparing it.</remarks>
[Collection("Pages")]
public sealed partial class SettingsPageTests
{
    private static readonly (Type Type, string Section, string Title)[] Options =
    [
        (typeof(VllmAdapterOptions), "Vllm", "The adapter"),
        (typeof(TimeLimits), "Vllm:TimeLimits", "Time limits"),
        (typeof(ResilienceOptions), "Vllm:Resilience", "Retries and limits"),
        (typeof(CircuitBreakerOptions), "Vllm:Resilience:CircuitBreaker", "The circuit breaker"),
        (typeof(ToolLoopOptions), "", "Tool loops"),
    ];

    [Fact]
    public void The_page_says_what_the_options_say()
    {
        string page = Pages.At("docs/settings.md");
        string made = Make();
        if (Environment.GetEnvironmentVariable("VLLMADAPTER_WRITE_PAGES") == "1")
            File.WriteAllText(page, made);

        File.ReadAllText(page).Should().Be(made, "VLLMADAPTER_WRITE_PAGES=1 writes it anew");
    }

    private static string Make()
    {
        var page = new StringBuilder(
            """
            # Settings

            Every setting with its default. Those of the adapter can be set in code or come from configuration, by the name in the table
            below the section that is given: `"Vllm": { "TimeLimits": { "FirstChunk": "00:10:00" } }`. A name that is no setting is refused at
            start. What holds code can only be set in code. This page is made from the options' own documentation.

            """.ReplaceLineEndings("\n"));
        foreach ((Type type, string section, string title) in Options)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n`{type.Name}`");
            page.Append(section.Length > 0 ? $", section `{section}`.\n\n" : ", in code.\n\n");
            page.Append("| setting | default | what it is |\n|---|---|---|\n");
            object defaults = Activator.CreateInstance(type)!;
            foreach (PropertyInfo property in type.GetProperties().Where(IsSetting).OrderBy(property => property.MetadataToken))
                page.Append(CultureInfo.InvariantCulture, $"| `{property.Name}` | {Default(property, defaults)} | {Words(property)} |\n");
        }

        return page.ToString();
    }

    private static bool IsSetting(PropertyInfo property) => property.SetMethod is { IsPublic: true } && property.DeclaringType != typeof(object);

    private static string Default(PropertyInfo property, object defaults) => property.GetValue(defaults) switch
    {
        null => IsCode(property.PropertyType) ? "none; code" : "none",
        TimeSpan time => $"`{time.ToString("c", CultureInfo.InvariantCulture)}`",
        bool flag => flag ? "`true`" : "`false`",
        Enum word => $"`{word}`",
        string { Length: 0 } => "\"\"",
        IFormattable number => $"`{number.ToString(null, CultureInfo.InvariantCulture)}`",
        Delegate => "built in; code",
        IEnumerable => "none",
        _ => "see below",
    };

    private static bool IsCode(Type type) => typeof(Delegate).IsAssignableFrom(type) || type.IsInterface || type.Namespace?.StartsWith("Polly", StringComparison.Ordinal) is true;

    private static string Words(PropertyInfo property)
    {
        XElement member = Documentation.Value.Single(member => (string?)member.Attribute("name") == $"P:{property.DeclaringType!.FullName}.{property.Name}");
        string[] parts = [.. new[] { "summary", "value" }.Select(part => Text(member.Element(part))).Where(text => text.Length > 0)];
        return string.Join(' ', parts).Replace("|", "\\|");
    }

    private static string Text(XElement? element) =>
        element is null ? "" : Spaces().Replace(string.Concat(element.Nodes().Select(Text)), " ").Trim();

    private static string Text(XNode node) => node switch
    {
        XElement { Name.LocalName: "see" } see => $"`{NameOf((string?)see.Attribute("cref") ?? (string?)see.Attribute("langword") ?? "")}`",
        XElement { Name.LocalName: "c" or "paramref" } code => $"`{code.Value}`",
        XElement other => " " + Text(other) + " ",
        XText text => text.Value,
        _ => "",
    };

    // P:VllmAdapter.TimeLimits.Total, M:A.B(System.String)
    private static string NameOf(string reference)
    {
        string[] parts = reference.Split('(')[0].Split(':')[^1].Split('.');
        return reference.StartsWith("T:", StringComparison.Ordinal) || parts.Length < 2 ? parts[^1] : $"{parts[^2]}.{parts[^1]}";
    }

    private static readonly Lazy<IReadOnlyList<XElement>> Documentation = new(() =>
        [.. XDocument.Load(Path.Combine(AppContext.BaseDirectory, "VllmAdapter.xml")).Descendants("member")]);

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Spaces();
}

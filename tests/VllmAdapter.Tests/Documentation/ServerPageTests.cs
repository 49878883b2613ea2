using System.Globalization;
using System.Text;

namespace VllmAdapter.Tests.Documentation;

/// <summary>docs/server.md has a row for each route that the adapter knows of, with what it takes to have it.</summary>
/// <remarks>VLLMADAPTER_WRITE_PAGES=1 makes the test write the table instead of comparing it.</remarks>
[Collection("Pages")]
public sealed class ServerPageTests
{
    private const string Begins = "<!-- routes -->\n";
    private const string Ends = "<!-- /routes -->";

    [Fact]
    public void The_table_of_routes_is_what_failures_say()
    {
        string page = Pages.At("docs/server.md");
        string text = File.ReadAllText(page);
        int begin = text.IndexOf(Begins, StringComparison.Ordinal) + Begins.Length;
        int end = text.IndexOf(Ends, StringComparison.Ordinal);
        string made = Table();
        if (Environment.GetEnvironmentVariable("VLLMADAPTER_WRITE_PAGES") == "1")
            File.WriteAllText(page, text[..begin] + made + text[end..]);
        else
            text[begin..end].Should().Be(made, "VLLMADAPTER_WRITE_PAGES=1 writes it anew");
    }

    private static string Table()
    {
        var table = new StringBuilder("| route | what it takes |\n|---|---|\n");
        foreach (KnownRoute route in KnownRoutes.All)
            table.Append(CultureInfo.InvariantCulture, $"| `{route.Method} {route.Path}` | {route.Needs} |\n");

        return table.ToString();
    }
}

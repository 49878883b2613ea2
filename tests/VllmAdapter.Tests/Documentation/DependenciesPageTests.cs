using System.Xml.Linq;

namespace VllmAdapter.Tests.Documentation;

/// <summary>docs/dependencies.md gives a reason for each package, and for no other.</summary>
public sealed class DependenciesPageTests
{
    [Fact]
    public void Every_package_has_its_reason()
    {
        string[] used = [.. XDocument.Load(Pages.At("Directory.Packages.props")).Descendants("PackageVersion").Select(package => (string)package.Attribute("Include")!)];
        string[] told = [.. File.ReadLines(Pages.At("docs/dependencies.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('`')[1])];

        told.Should().BeEquivalentTo(used);
    }
}

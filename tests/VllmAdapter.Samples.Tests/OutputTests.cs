using System.Text.RegularExpressions;

namespace VllmAdapter.Samples.Tests;

/// <summary>What the pages show as output is what the sample prints.</summary>
/// <remarks>
/// A page says which by a comment before the block: <c>output: samples/Recipes#Heading</c>, or <c>output in any order: ...</c> where lines come as they are ready.
/// </remarks>
public sealed partial class OutputTests(SampleRun run) : IClassFixture<SampleRun>
{
    public static TheoryData<string, string, bool, string> Outputs
    {
        get
        {
            var outputs = new TheoryData<string, string, bool, string>();
            foreach (string page in Directory.GetFiles(Path.Combine(SampleRun.Root, "docs"), "*.md").Order(StringComparer.Ordinal))
            {
                foreach (Match match in Output().Matches(File.ReadAllText(page)))
                    outputs.Add(Path.GetFileName(page), match.Groups["heading"].Value, match.Groups["order"].Length > 0, match.Groups["text"].Value);
            }

            return outputs;
        }
    }

    [Theory]
    [MemberData(nameof(Outputs))]
    public async Task An_output_is_what_the_sample_prints(string page, string heading, bool inAnyOrder, string shown)
    {
        string printed = await run.PrintsAsync(heading);

        InOrder(printed, inAnyOrder).Should().Be(InOrder(shown, inAnyOrder), page);
    }

    [Fact]
    public void The_pages_show_outputs() => Outputs.Should().HaveCountGreaterThan(20);

    // Lines end in no spaces on the pages.
    private static string InOrder(string text, bool isFree)
    {
        IEnumerable<string> lines = text.Split('\n').Select(line => line.TrimEnd());
        return string.Join('\n', isFree ? lines.Order(StringComparer.Ordinal) : lines);
    }

    [GeneratedRegex(@"<!-- output(?<order> in any order)?: samples/Recipes#(?<heading>.+?) -->\s*```text\n(?<text>.*?)\n```", RegexOptions.Singleline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Output();
}

using System.Text.RegularExpressions;

namespace VllmAdapter.SampleTests;

/// <summary>What the pages show as output is what the sample prints.</summary>
/// <remarks>
/// A page says which by a comment before the block: <c>output: samples/Recipes#Heading</c>, or <c>output in any order: ...</c> where lines come as they are ready.
/// VLLMADAPTER_WRITE_PAGES=1 makes the test write the output into the pages instead of comparing it.
/// </remarks>
public sealed partial class OutputTests(PrintedSections printed) : IClassFixture<PrintedSections>
{
    /// <summary>Page, sample and heading, whether lines may come in any order, what is shown.</summary>
    public static TheoryData<string, string, bool, string> Outputs
    {
        get
        {
            var outputs = new TheoryData<string, string, bool, string>();
            IEnumerable<string> pages = [.. Directory.GetFiles(At("docs"), "*.md"), .. Directory.GetFiles(At("src"), "README.md", SearchOption.AllDirectories)];
            foreach (string page in pages.Select(page => Path.GetRelativePath(SampleRun.Root, page).Replace('\\', '/')).Order(StringComparer.Ordinal))
            {
                foreach (Match match in Output().Matches(File.ReadAllText(At(page))))
                    outputs.Add(page, match.Groups["source"].Value, match.Groups["order"].Length > 0, match.Groups["text"].Value);
            }

            return outputs;
        }
    }

    [Theory]
    [MemberData(nameof(Outputs))]
    public async Task An_output_is_what_the_sample_prints(string page, string source, bool inAnyOrder, string shown)
    {
        string[] parts = source.Split('#', 2);
        string output = await printed.BelowAsync(parts[0], parts[1]);

        bool isSame = InOrder(output, inAnyOrder) == InOrder(shown, inAnyOrder);
        if (!isSame && Environment.GetEnvironmentVariable("VLLMADAPTER_WRITE_PAGES") == "1")
            Write(page, source, InOrder(output, isFree: false));
        else
            InOrder(output, inAnyOrder).Should().Be(InOrder(shown, inAnyOrder), $"{page}; VLLMADAPTER_WRITE_PAGES=1 writes it anew");
    }

    [Fact]
    public void The_pages_show_outputs() => Outputs.Should().HaveCountGreaterThan(20);

    private static string At(string path) => Path.Combine(SampleRun.Root, path);

    private static void Write(string page, string source, string printed) => File.WriteAllText(At(page), Output().Replace(File.ReadAllText(At(page)), block =>
        block.Groups["source"].Value == source ? block.Value[..(block.Groups["text"].Index - block.Index)] + printed + "\n```" : block.Value));

    // Lines end in no spaces on the pages.
    private static string InOrder(string text, bool isFree)
    {
        IEnumerable<string> lines = text.Split('\n').Select(line => line.TrimEnd());
        return string.Join('\n', isFree ? lines.Order(StringComparer.Ordinal) : lines);
    }

    [GeneratedRegex(@"<!-- output(?<order> in any order)?: (?<source>samples/\w+#.+?) -->\s*```text\n(?<text>.*?)\n```", RegexOptions.Singleline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Output();
}

namespace VllmAdapter.Tests.Documentation;

/// <summary>docs/when-it-fails.md has a row for every word that an end or a failure can be told by.</summary>
public sealed class WhenItFailsTests
{
    private static readonly string Page = File.ReadAllText(Pages.At("docs/when-it-fails.md"));

    private static readonly string[] All =
    [
        .. Enum.GetNames<RequestFailure>(), .. Enum.GetNames<StreamVerdict>(), .. Enum.GetNames<OutcomeNoteKind>(),
        .. Enum.GetNames<WithheldReason>(), .. Enum.GetNames<ToolLoopVerdict>(), .. Enum.GetNames<BudgetState>(),
    ];

    public static TheoryData<string> Words => [.. All.Distinct()];

    [Theory]
    [MemberData(nameof(Words))]
    public void Every_word_has_a_row(string word) => Page.Should().Contain($"\n| `{word}` |");

    [Fact]
    public void Every_row_is_a_word_that_exists()
    {
        string[] rows = [.. Page.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('`')[1])];

        rows.Should().BeSubsetOf(All);
    }
}

using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

public sealed class FindingKindsTests
{
    // Each of these is found by a test of its own.
    private static readonly string[] FoundElsewhere =
        ["hang-up-unheard", "stream-buffered", "stream-in-bursts", "queue", "cache-full", "preemptions", "first-token-slow", "requests-failed", "many-answers-cut"];

    [Fact]
    public void Every_finding_is_shown_by_a_row_of_some_table()
    {
        string[] shown =
        [
            .. new[] { "scenario-findings.txt", "recorded-findings.txt" }.SelectMany(FindingTable.Read).SelectMany(line => line[(line.LastIndexOf(": ", StringComparison.Ordinal) + 2)..].Split(", ")),
            .. VersionTests.KnownFaults.SelectMany(row => (string[])row[1]),
            .. ParserTests.Known.SelectMany(row => (string[])row[1]),
            .. DeploymentTests.Rows.Keys,
            .. FoundElsewhere,
        ];

        FindingKinds.All.Select(kind => kind.Id).Except(shown).Should().BeEmpty();
        shown.Except(FindingKinds.All.Select(kind => kind.Id)).Should().BeEmpty();
    }

    [Fact]
    public void The_worst_come_first_and_every_name_is_there_once()
    {
        FindingKinds.All.Select(kind => kind.Severity).Should().BeInDescendingOrder();
        FindingKinds.All.Select(kind => kind.Id).Should().OnlyHaveUniqueItems().And.AllSatisfy(id => id.Should().MatchRegex("^[a-z]+(-[a-z]+)*$"));
        FindingKinds.All.Select(kind => kind.Title).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Every_finding_says_what_it_means_and_what_helps() => FindingKinds.All.Should().AllSatisfy(kind =>
    {
        kind.Meaning.Should().EndWith(".");
        kind.Help.Should().EndWith(".");
        kind.Title.Should().NotEndWith(".");
    });

    [Fact]
    public void Evidence_of_one_kind_is_one_finding()
    {
        Evidence first = new("text", "no reason");
        Evidence second = new("tool-auto", "no reason");

        IReadOnlyList<Finding> findings = Checker.Ranked(
        [
            (ServerKinds.VersionUnknown, first), (EndKinds.ReasonMissing, first), (EndKinds.ReasonMissing, second), (EndKinds.ReasonMissing, first),
        ]);

        findings.Select(finding => finding.Kind.Id).Should().Equal("finish-reason-missing", "version-unknown");
        findings[0].Evidence.Should().Equal(first, second);
    }
}

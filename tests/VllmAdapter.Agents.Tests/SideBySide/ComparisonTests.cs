using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Agents.Tests.SideBySide;

/// <summary>
/// The table of docs/agents.md, in so far as it is about the bridge: of one recording in 13, with the environment variable
/// VLLMADAPTER_FULL_SWEEP=1 of all. That the page shows what is measured is checked by the program itself: <c>side-by-side docs/agents.md</c>.
/// </summary>
[Trait("Sweep", "full")]
public sealed class ComparisonTests
{
    public static TheoryData<string> Bridges => [.. Comparison.Columns.Where(column => column.IsBridge).Select(column => column.Title)];

    [Theory]
    [MemberData(nameof(Bridges))]
    public async Task Of_what_the_table_lists_nothing_happens_to_the_bridge(string title)
    {
        Column column = Comparison.Columns.Single(one => one.Title == title);
        Recording[] recordings = [.. Sweep.Of(Recording.All.Where(one => one.Kind is not null && column.Takes(one)), every: 13)];

        IReadOnlyList<Count> counts = await Comparison.CountAsync(recordings, column);

        counts.Where(count => count.Happened > 0).Should().BeEmpty();
        counts.Sum(count => count.Of).Should().BePositive();
    }
}

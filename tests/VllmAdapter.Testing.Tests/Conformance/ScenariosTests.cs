using Xunit.Abstractions;

namespace VllmAdapter.Testing.Tests.Conformance;

/// <summary>Every row of the table, over everything that can carry it.</summary>
public sealed class ScenariosTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names() => [.. Scenarios.All.Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_way_to_end_is_judged_alike_in_memory_and_over_sockets(string name)
    {
        Scenario scenario = Scenarios.All.Single(row => row.Name == name);
        var results = new List<(string Way, ScenarioResult Result)> { ("in memory", await InMemoryAsync(scenario)) };
        foreach (ScenarioTransports transport in new[] { ScenarioTransports.Http1, ScenarioTransports.Http2 })
        {
            if (scenario.Transports.HasFlag(transport))
                results.Add((transport.ToString(), await scenario.RunAsync(transport)));
        }

        output.WriteLine($"{scenario}: {string.Join(", ", results.Select(one => $"{one.Way} {VerdictOf(one.Result)}"))}");
        foreach ((string way, ScenarioResult result) in results)
            result.Deviations.Should().BeEmpty($"{way}: {result}");
    }

    [Fact]
    public void Every_row_has_a_name_of_its_own_and_tells_where_it_was_seen()
    {
        Scenarios.All.Select(scenario => scenario.Name).Should().OnlyHaveUniqueItems();
        Scenarios.All.Should().OnlyContain(scenario => scenario.Sources.Count > 0 && scenario.Sources.All(source => source.Length > 3));
        Scenarios.All.Should().OnlyContain(scenario => (scenario.Expected.Verdict == null) != (scenario.Expected.Failure == null));
    }

    [Fact]
    public void Every_verdict_that_a_server_can_cause_is_in_the_table() =>
        Scenarios.All.Select(scenario => scenario.Expected.Verdict).OfType<StreamVerdict>().Distinct().Should().BeEquivalentTo(
            Enum.GetValues<StreamVerdict>().Except([StreamVerdict.Canceled, StreamVerdict.Abandoned, StreamVerdict.StoppedByPolicy]));

    [Fact]
    public async Task A_row_is_not_run_over_a_transport_that_it_is_not_for()
    {
        Scenario scenario = Scenarios.All.Single(row => row.Name == "the connection is reset");

        Func<Task> run = () => scenario.RunAsync(ScenarioTransports.Http2);

        await run.Should().ThrowAsync<ArgumentException>().WithMessage("*is for InMemory, Http1, not for Http2*");
    }

    /// <summary>Without sockets, and by a clock that moves on only when the row waits: for a pause of the server's (20 ms), or at the end of a time limit (100 ms).</summary>
    internal static async Task<ScenarioResult> InMemoryAsync(Scenario scenario)
    {
        var clock = new ManualTimeProvider();
        using FakeVllm vllm = scenario.CreateServer(clock);
        Task<ScenarioResult> run = scenario.RunAsync(vllm.CreateAdapter(scenario.Configure));
        while (!run.IsCompleted)
        {
            using var over = new CancellationTokenSource();
            Task paused = clock.WhenTimerArmedAsync(TimeSpan.FromMilliseconds(20), over.Token);
            Task limited = clock.WhenTimerArmedAsync(TimeSpan.FromMilliseconds(100), over.Token);
            Task first = await Task.WhenAny(run, paused, limited);

            // The end of the run may take the timer back.
            if (first != run && clock.UntilNextTimer is { } wait)
                clock.Advance(wait);
            await over.CancelAsync();
        }

        return await run;
    }

    private static string VerdictOf(ScenarioResult result) =>
        result.Answer?.Outcome.Verdict.ToString() ?? (result.Thrown as VllmRequestException)?.Failure.ToString() ?? "nothing";
}

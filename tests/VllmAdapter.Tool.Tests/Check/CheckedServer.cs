using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

/// <summary>Checks a fake server in memory.</summary>
internal static class CheckedServer
{
    public static Task<CheckReport> CheckAsync(this FakeVllm server, IReadOnlyList<IProbe>? probes = null) =>
        server.CreateAdapter(options => CheckOptions.Apply(options, key: null)).CheckAsync(probes);

    public static async Task<CheckReport> CheckAsync(
        this VllmInferenceAdapter adapter, IReadOnlyList<IProbe>? probes = null, TimeProvider? clock = null, VllmInferenceAdapter? withoutKey = null)
    {
        var (models, chosen, version) = await Introduction.OfAsync(adapter, model: null, CancellationToken.None);
        var target = new Target
        {
            Adapter = adapter,
            WithoutKey = withoutKey,
            Clock = clock ?? new StillClock(),
            Models = models,
            Model = chosen,
            Version = version,
        };
        return await new Checker(target).RunAsync(probes ?? AllProbes.Full, CancellationToken.None);
    }

    public static string[] IdsOf(this CheckReport report, Severity least) =>
        [.. report.Findings.Where(finding => finding.Kind.Severity >= least).Select(finding => finding.Kind.Id)];

    /// <summary>A clock that stands still, so that no finding rests on how fast this machine is; its timers run.</summary>
    private sealed class StillClock : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }
}

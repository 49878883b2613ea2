using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

/// <summary>Checks a fake server in memory.</summary>
internal static class CheckedServer
{
    public static async Task<CheckReport> CheckAsync(this FakeVllm server, IReadOnlyList<IProbe>? probes = null, string? model = null)
    {
        VllmInferenceAdapter adapter = server.CreateAdapter(options => CheckOptions.Apply(options, key: null));
        var (models, chosen, version) = await Introduction.OfAsync(adapter, model, CancellationToken.None);
        var target = new Target { Adapter = adapter, Models = models, Model = chosen, Version = version };
        return await new Checker(target).RunAsync(probes ?? AllProbes.Full, CancellationToken.None);
    }

    public static string[] IdsOf(this CheckReport report, Severity least) =>
        [.. report.Findings.Where(finding => finding.Kind.Severity >= least).Select(finding => finding.Kind.Id)];
}

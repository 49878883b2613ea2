using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using VllmAdapter.Tool.Guard;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>A guard on a free port of this machine, in front of the given back ends.</summary>
internal sealed class RunningGuard(GuardServer server) : IAsyncDisposable
{
    private static readonly Uri AnyPort = new("http://127.0.0.1:0");
    private static readonly Uri AnyPortOfHttp2 = new("h2c://127.0.0.1:0");

    public Uri Address => server.Addresses[0];

    public Uri Http2Address => server.Addresses[1];

    public GuardMetrics Metrics => server.Metrics;

    public static Task<RunningGuard> StartAsync(params Uri[] backEnds) => WithAsync([], backEnds);

    /// <param name="options">Of the section <c>Guard</c>, such as <c>OnCut</c>.</param>
    /// <param name="backEnds">The back ends.</param>
    public static async Task<RunningGuard> WithAsync(Dictionary<string, string?> options, params Uri[] backEnds)
    {
        Dictionary<string, string?> settings = GuardSettings.Of(backEnds);
        foreach (var (name, value) in options)
            settings[name.Contains(':', StringComparison.Ordinal) ? name : $"{GuardSettings.Section}:{name}"] = value;

        return await StartAsync(new MemoryConfigurationSource { InitialData = settings });
    }

    public static async Task<RunningGuard> StartAsync(params IConfigurationSource[] sources) =>
        new(await GuardServer.StartAsync([AnyPort, AnyPortOfHttp2], sources));

    public ValueTask DisposeAsync() => server.DisposeAsync();
}

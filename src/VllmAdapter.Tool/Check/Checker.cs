using VllmAdapter.Server;
using VllmAdapter.Tool.Explain;

namespace VllmAdapter.Tool.Check;

/// <summary>Asks the probes one after the other, and gathers what they found.</summary>
/// <param name="target">The server.</param>
/// <param name="onProbe">Told before each probe.</param>
internal sealed class Checker(Target target, Action<IProbe>? onProbe = null)
{
    /// <summary>After this no further probe is begun.</summary>
    public static readonly TimeSpan LongestCheck = TimeSpan.FromMinutes(15);

    private readonly List<ProbeResult> _results = [];
    private readonly List<(FindingKind Kind, Evidence Evidence)> _found = [];

    public async Task<CheckReport> RunAsync(IReadOnlyList<IProbe> probes, CancellationToken cancellationToken)
    {
        DateTimeOffset at = target.Clock.GetUtcNow();
        long start = target.Clock.GetTimestamp();
        string? endedEarly = null;
        foreach (IProbe probe in probes)
        {
            if (target.Clock.GetElapsedTime(start) > LongestCheck)
            {
                endedEarly = $"The check took longer than {LongestCheck.TotalMinutes:0} minutes and went no further than \"{probe.Name}\".";
                break;
            }

            onProbe?.Invoke(probe);
            endedEarly = await RunAsync(probe, cancellationToken).ConfigureAwait(false);
            if (endedEarly is not null)
                break;
        }

        return new CheckReport
        {
            Endpoint = Shown(target.Adapter.Endpoint),
            Version = target.Version?.Text,
            Model = target.Model,
            ContextWindow = target.ContextWindow,
            At = at,
            Took = target.Clock.GetElapsedTime(start),
            Findings = Ranked(_found),
            Probes = _results,
            EndedEarly = endedEarly is null ? null : Wording.OneLine(endedEarly, 1000),
        };
    }

    /// <summary>One finding a kind, worst first, with all that shows it.</summary>
    public static IReadOnlyList<Finding> Ranked(IEnumerable<(FindingKind Kind, Evidence Evidence)> found) =>
    [
        .. found.GroupBy(one => one.Kind)
            .OrderBy(group => FindingKinds.Rank(group.Key))
            .Select(group => new Finding(group.Key, [.. group.Select(one => one.Evidence).Distinct()])),
    ];

    private async Task<string?> RunAsync(IProbe probe, CancellationToken cancellationToken)
    {
        var run = new ProbeRun(probe, target);
        long start = target.Clock.GetTimestamp();
        string? gone = null;
        try
        {
            await probe.RunAsync(run, cancellationToken).ConfigureAwait(false);
        }
        catch (VllmRequestException refused)
        {
            gone = await TakeAsync(refused, probe, run, cancellationToken).ConfigureAwait(false);
        }

        _found.AddRange(run.Findings);
        _results.Add(new ProbeResult
        {
            Name = probe.Name,
            Asks = probe.Asks,
            Worst = run.Findings.Count == 0 ? null : run.Findings.Max(found => found.Kind.Severity),
            Facts = run.Facts,
            Untold = run.Untold,
            Took = target.Clock.GetElapsedTime(start),
            Spent = run.Spent,
            Uncounted = run.Uncounted,
        });
        return gone;
    }

    private async Task<string?> TakeAsync(VllmRequestException refused, IProbe probe, ProbeRun run, CancellationToken cancellationToken)
    {
        if (MayBeGone(refused) && await WhyGoneAsync(cancellationToken).ConfigureAwait(false) is { } why)
        {
            run.Find(EndKinds.Gone, refused.Message, refused.RequestId);
            return $"The server stopped answering at \"{probe.Name}\", so what comes after it was not asked. {why}";
        }

        run.Refused(refused);
        bool isChat = ReferenceEquals(probe, TextProbes.Text) && refused.Failure is not (RequestFailure.ServerError or RequestFailure.Timeout);
        return isChat ? $"The model does not answer chats, so nothing else was asked. {refused.Message}" : null;
    }

    private static bool MayBeGone(VllmRequestException refused) =>
        refused.Failure is RequestFailure.ConnectionFailed or RequestFailure.EngineDead or RequestFailure.Unavailable or RequestFailure.ServerError;

    private async Task<string?> WhyGoneAsync(CancellationToken cancellationToken)
    {
        try
        {
            ServerHealth health = await target.Adapter.Server.CheckHealthAsync(cancellationToken).ConfigureAwait(false);
            return health.IsHealthy ? null : health.Reason ?? "/health says that it is not healthy.";
        }
        catch (VllmRequestException gone) when (gone.Failure is RequestFailure.ConnectionFailed or RequestFailure.Timeout)
        {
            return gone.Message;
        }
        catch (VllmRequestException)
        {
            return null; // a gateway that hides /health
        }
    }

    // What stands before the @ of an address is a password.
    private static string Shown(Uri endpoint) => new UriBuilder(endpoint) { UserName = "", Password = "", Query = "" }.Uri.ToString();
}

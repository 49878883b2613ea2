using System.Globalization;

namespace VllmAdapter.Server;

/// <summary>What a server is doing, and what that is based on.</summary>
public sealed record ServerDiagnosis
{
    internal static readonly TimeSpan UsualSpan = TimeSpan.FromSeconds(5);

    /// <summary>What its engine is doing; null if nothing that could be asked shows it.</summary>
    public ServerActivity? Activity { get; private init; }

    /// <summary>What it says about its own health. It says that it is healthy while it sleeps, is paused, or hangs.</summary>
    public required ServerHealth Health { get; init; }

    /// <summary>Whether it says that it sleeps; null where the route is not there.</summary>
    public bool? IsSleeping { get; init; }

    /// <summary>Whether it says that it is paused; null where the route is not there.</summary>
    public bool? IsPaused { get; init; }

    /// <summary>What it did between two snapshots of its metrics; null if it was not looked at, or if there are no metrics.</summary>
    public ServerProgress? Progress { get; init; }

    /// <summary>How far apart the snapshots lay.</summary>
    public TimeSpan Span { get; init; }

    /// <summary>All of it in a sentence or two, with the way out.</summary>
    public string Explain() => Activity switch
    {
        ServerActivity.Dead => $"The server is not healthy: {Health.Reason}",
        ServerActivity.Sleeping => "The engine sleeps: chats get no answer, not even headers, until it is woken up (Server.Administration.WakeUpAsync).",
        ServerActivity.Paused => "The engine is paused: chats get no answer, not even headers, until it is resumed (Server.Administration.ResumeAsync).",
        ServerActivity.Working => $"The engine works: {Count(Progress?.PromptTokens)} prompt tokens read and {Count(Progress?.GenerationTokens)} tokens written in {Seconds}.",
        ServerActivity.Idle => $"The engine has nothing to do, and did nothing in {Seconds}: look between here and the server, at a gateway or the network.",
        ServerActivity.Stuck =>
            $"The engine has requests and did nothing in {Seconds}, while the server says that it is healthy: it hangs"
            + (IsPaused is null || IsSleeping is null ? ", or was paused or put to sleep, which only a server in development mode reports." : ".")
            + " Look again over a longer time; if nothing moves then, restart the server.",
        _ when Progress is { WasRestarted: true } => $"The server was restarted within {Seconds}.",
        _ => "The server says that it is healthy; nothing else about it could be found out.",
    };

    private string Seconds => string.Create(CultureInfo.InvariantCulture, $"{Span.TotalSeconds:0.#} s");

    internal static async Task<ServerDiagnosis> MakeAsync(VllmServer server, TimeSpan span, TimeProvider clock, CancellationToken cancellationToken)
    {
        ServerHealth health = await server.CheckHealthAsync(cancellationToken).ConfigureAwait(false);
        var found = new ServerDiagnosis { Health = health, Activity = health.IsHealthy ? null : ServerActivity.Dead, Span = span };
        if (!health.IsHealthy)
            return found;

        found = found with { IsSleeping = await IfThereAsync(server.Administration.IsSleepingAsync(cancellationToken)).ConfigureAwait(false) };
        if (found.IsSleeping is true)
            return found with { Activity = ServerActivity.Sleeping };

        found = found with { IsPaused = await IfThereAsync(server.Administration.IsPausedAsync(cancellationToken)).ConfigureAwait(false) };
        if (found.IsPaused is true)
            return found with { Activity = ServerActivity.Paused };

        if (await OptionalAnswer.IfOfferedAsync(server.GetMetricsAsync(cancellationToken)).ConfigureAwait(false) is not { } earlier)
            return found;

        await Task.Delay(span, clock, cancellationToken).ConfigureAwait(false);
        ServerProgress progress = (await server.GetMetricsAsync(cancellationToken).ConfigureAwait(false)).Since(earlier);
        return found with { Progress = progress, Activity = progress.Activity };
    }

    private static async Task<bool?> IfThereAsync(Task<bool> question)
    {
        try
        {
            return await question.ConfigureAwait(false);
        }
        catch (VllmRequestException missing) when (
            missing.Failure is RequestFailure.RouteNotFound or RequestFailure.Forbidden or RequestFailure.Unauthorized or RequestFailure.UnexpectedContent)
        {
            return null;
        }
    }

    private static string Count(long? tokens) => tokens?.ToString("N0", CultureInfo.InvariantCulture) ?? "an unknown number of";
}

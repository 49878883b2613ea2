using VllmAdapter.Server;

namespace VllmAdapter.Tool.Check;

/// <summary>What the server says of itself, without a token.</summary>
internal static class ServerProbes
{
    public static IReadOnlyList<IProbe> All { get; } = [new Health(), new Introduction(), new RoutesProbe(), new Key(), new MetricsProbe()];

    private sealed class Health : IProbe
    {
        public string Name => "health";

        public string Asks => "Does /health say that the engine lives?";

        public ProbeCost Cost => ProbeCost.Nothing;

        public async Task RunAsync(ProbeRun run, CancellationToken cancellationToken)
        {
            try
            {
                ServerHealth health = await run.Target.Adapter.Server.CheckHealthAsync(cancellationToken).ConfigureAwait(false);
                if (!health.IsHealthy)
                    run.Find(ServerKinds.Unhealthy, health.Reason ?? "It gave no reason.");
            }
            catch (VllmRequestException hidden) when (hidden.Failure is RequestFailure.RouteNotFound or RequestFailure.Forbidden or RequestFailure.Unauthorized)
            {
                run.CannotTell($"/health is not available: {hidden.Message}");
            }
        }
    }

    private sealed class Introduction : IProbe
    {
        public string Name => "introduction";

        public string Asks => "Does the server tell its version, its models and their context window?";

        public ProbeCost Cost => ProbeCost.Nothing;

        public Task RunAsync(ProbeRun run, CancellationToken cancellationToken)
        {
            Target target = run.Target;
            if (target.Version is null)
                run.Find(ServerKinds.VersionUnknown, "GET /version gave none.");
            if (target.ContextWindow is { } window)
                run.Tell($"{target.Model}: a context window of {window:N0} tokens.");
            else
                run.Find(ServerKinds.WindowUnknown, $"GET /v1/models has no max_model_len for {target.Model ?? "any model"}.");
            if (target.Models.Count > 1)
                run.Tell($"{target.Models.Count} models: {string.Join(", ", target.Models.Select(card => card.IsLora ? $"{card.Id} (LoRA)" : card.Id))}.");
            return Task.CompletedTask;
        }
    }

    private sealed class Key : IProbe
    {
        public string Name => "key";

        public string Asks => "Is the key asked for?";

        public ProbeCost Cost => ProbeCost.Nothing;

        public async Task RunAsync(ProbeRun run, CancellationToken cancellationToken)
        {
            if (run.Target.WithoutKey is not { } stranger)
            {
                run.CannotTell("No key was given (--key-env NAME), and the server asks for none.");
                return;
            }

            try
            {
                await stranger.Server.GetModelsAsync(cancellationToken).ConfigureAwait(false);
                run.Find(ServerKinds.KeyNotChecked, "GET /v1/models answered without it.");
            }
            catch (VllmRequestException refused) when (refused.Failure is RequestFailure.Unauthorized or RequestFailure.Forbidden)
            {
                run.Tell("Without the key the server refuses, as it should.");
            }
        }
    }
}

using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using VllmAdapter.Server;

namespace VllmAdapter.HealthChecks;

/// <summary>Asks the server for its health and its models. That something answers is not enough: a web server's welcome page does, too.</summary>
internal sealed class VllmHealthCheck(VllmInferenceAdapter adapter, TimeSpan limit, TimeProvider clock) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var timer = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await HealthOfServerAsync(either.Token).ConfigureAwait(false) is { IsHealthy: false, Reason: var reason }
                ? Failed(reason)
                : Judge(await adapter.Server.GetModelsAsync(either.Token).ConfigureAwait(false));
        }
        catch (VllmRequestException failure)
        {
            return Failed(failure.Message, failure);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed(string.Create(CultureInfo.InvariantCulture, $"No answer from {adapter.Endpoint} within {limit.TotalSeconds:0.0} s."));
        }

        HealthCheckResult Failed(string? why, Exception? failure = null) => new(context.Registration.FailureStatus, why, failure);
    }

    // Gateways may pass /v1 on and nothing else; the models show what they are.
    private async Task<ServerHealth?> HealthOfServerAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await adapter.Server.CheckHealthAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (VllmRequestException missing) when (missing.Failure is RequestFailure.RouteNotFound)
        {
            return null;
        }
    }

    private HealthCheckResult Judge(IReadOnlyList<ModelCard> models)
    {
        string served = string.Join(", ", models.Take(10).Select(card => card.Id));
        return adapter.Model switch
        {
            _ when models.Count == 0 => HealthCheckResult.Degraded($"{adapter.Endpoint} serves no model."),
            { } model when models.All(card => card.Id != model) =>
                HealthCheckResult.Degraded($"{adapter.Endpoint} does not serve the adapter's model \"{model}\", but: {served}."),
            _ => HealthCheckResult.Healthy($"{adapter.Endpoint} serves {served}."),
        };
    }
}

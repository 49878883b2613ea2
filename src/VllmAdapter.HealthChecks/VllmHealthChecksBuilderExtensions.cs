using Microsoft.Extensions.Diagnostics.HealthChecks;
using VllmAdapter;
using VllmAdapter.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Checks the health of the servers behind registered adapters.</summary>
public static class VllmHealthChecksBuilderExtensions
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Checks the server of a registered adapter.</summary>
    /// <param name="builder">Where to register the check.</param>
    /// <param name="adapter">The adapter's name (<c>AddVllmAdapter("batch", ...)</c>); null for the one without a name.</param>
    /// <param name="name">The check's name; <c>vllm</c>, or <c>vllm-batch</c> for an adapter with a name, by default.</param>
    /// <param name="failureStatus">What to report of a server that cannot be used; unhealthy by default.</param>
    /// <param name="tags">To choose checks by, such as <c>ready</c>. Do not use it for liveness: restarting your service does not heal the server.</param>
    /// <param name="timeout">How long the whole check may take; 5 seconds by default. More than zero, at most 24 days.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is out of range.</exception>
    /// <remarks>
    /// Healthy: the health route (where there is one) and <c>/v1/models</c> answer as vLLM or a known gateway does, and the adapter's model is among
    /// the models. Degraded: the server lives, but has no such model. Everything else fails, with a sentence that says why. Two short calls, no generation.
    /// </remarks>
    /// <example>
    /// <code>
    /// builder.Services.AddVllmAdapter(builder.Configuration.GetSection("Vllm"));
    /// builder.Services.AddHealthChecks().AddVllm(tags: ["ready"]);
    /// </code>
    /// </example>
    public static IHealthChecksBuilder AddVllm(
        this IHealthChecksBuilder builder,
        string? adapter = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        TimeSpan limit = timeout ?? DefaultTimeout;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(timeout));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, TimeSpan.FromDays(24), nameof(timeout));
        bool hasName = !string.IsNullOrEmpty(adapter);
        return builder.Add(new HealthCheckRegistration(
            name ?? (hasName ? $"vllm-{adapter}" : "vllm"),
            services => new VllmHealthCheck(
                hasName ? services.GetRequiredKeyedService<VllmInferenceAdapter>(adapter) : services.GetRequiredService<VllmInferenceAdapter>(),
                limit,
                services.GetService<TimeProvider>() ?? TimeProvider.System),
            failureStatus,
            tags));
    }
}

namespace VllmAdapter.Server;

/// <summary>What a server says about its own state.</summary>
public sealed record ServerHealth
{
    /// <summary>Whether its engine is alive. vLLM answers an empty 200 while it does, and 503 once it is dead.</summary>
    /// <remarks>
    /// Of other 200s only the answers of known gateways count (<c>{"status":"healthy"}</c>, LiteLLM's counts, a word such as OK); a web server's page does not.
    /// A live engine may still be slow or full: see <see cref="VllmServer.GetMetricsAsync"/>. vLLM 0.8.5 has been seen to answer 500
    /// to everything once its engine died, so every 5xx counts as unhealthy.
    /// </remarks>
    public required bool IsHealthy { get; init; }

    /// <summary>Why not, in one sentence; null if it is healthy.</summary>
    public string? Reason { get; init; }
}

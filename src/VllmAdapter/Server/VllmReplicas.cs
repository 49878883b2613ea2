namespace VllmAdapter.Server;

/// <summary>Several servers of one kind, to be asked all of them at once where a call must reach each: the router before them passes it to one.</summary>
/// <remarks>
/// Thread-safe. Requests use the adapter's key and time limits. One that fails does not keep the others from being asked; its
/// result says why. The adapter never spreads chats over them: that is the work of a router, or of service discovery.
/// </remarks>
/// <example>
/// <code>
/// VllmReplicas replicas = adapter.Server.Replicas("http://vllm-0:8000", "http://vllm-1:8000");
/// foreach (ReplicaResult&lt;string&gt; loaded in await replicas.LoadLoraAsync("sql", "/adapters/sql"))
///     Console.WriteLine($"{loaded.Endpoint}: {loaded.Failure?.Message ?? loaded.Value}");
/// </code>
/// </example>
public sealed class VllmReplicas
{
    private readonly Func<Uri, VllmServer> _serverAt;

    internal VllmReplicas(IReadOnlyList<Uri> endpoints, Func<Uri, VllmServer> serverAt) => (Endpoints, _serverAt) = (endpoints, serverAt);

    /// <summary>The addresses, in the order of the results.</summary>
    public IReadOnlyList<Uri> Endpoints { get; }

    /// <summary>Loads a LoRA adapter into every replica.</summary>
    /// <inheritdoc cref="VllmServer.LoadLoraAsync" path="/param"/>
    /// <returns>What each replica says about it.</returns>
    public Task<IReadOnlyList<ReplicaResult<string>>> LoadLoraAsync(
        string name, string path, bool replace = false, CancellationToken cancellationToken = default) =>
        AskEachAsync((server, token) => server.LoadLoraAsync(name, path, replace, token), cancellationToken);

    /// <summary>Unloads a LoRA adapter from every replica.</summary>
    /// <inheritdoc cref="VllmServer.UnloadLoraAsync" path="/param"/>
    /// <returns>What each replica says about it.</returns>
    public Task<IReadOnlyList<ReplicaResult<string>>> UnloadLoraAsync(string name, CancellationToken cancellationToken = default) =>
        AskEachAsync((server, token) => server.UnloadLoraAsync(name, token), cancellationToken);

    /// <summary>Asks every replica whether its engine is alive.</summary>
    /// <param name="cancellationToken">Ends all calls with <see cref="OperationCanceledException"/>.</param>
    /// <returns>What each says; a failure where nothing answers.</returns>
    public Task<IReadOnlyList<ReplicaResult<ServerHealth>>> CheckHealthAsync(CancellationToken cancellationToken = default) =>
        AskEachAsync(static (server, token) => server.CheckHealthAsync(token), cancellationToken);

    /// <summary>Takes a snapshot of every replica's metrics.</summary>
    /// <param name="cancellationToken">Ends all calls with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The metrics of each.</returns>
    public Task<IReadOnlyList<ReplicaResult<ServerMetrics>>> GetMetricsAsync(CancellationToken cancellationToken = default) =>
        AskEachAsync(static (server, token) => server.GetMetricsAsync(token), cancellationToken);

    /// <summary>Asks every replica the same, all of them at once.</summary>
    /// <typeparam name="T">What is asked for.</typeparam>
    /// <param name="question">Asks one of them.</param>
    /// <param name="cancellationToken">Ends all calls with <see cref="OperationCanceledException"/>.</param>
    /// <returns>A result for each, in the order of <see cref="Endpoints"/>.</returns>
    /// <exception cref="OperationCanceledException">The caller ended the calls.</exception>
    public async Task<IReadOnlyList<ReplicaResult<T>>> AskEachAsync<T>(
        Func<VllmServer, CancellationToken, Task<T>> question, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        return await Task.WhenAll(Endpoints.Select(AskAsync)).ConfigureAwait(false);

        async Task<ReplicaResult<T>> AskAsync(Uri endpoint)
        {
            try
            {
                return new() { Endpoint = endpoint, Value = await question(_serverAt(endpoint), cancellationToken).ConfigureAwait(false) };
            }
            catch (VllmRequestException failure)
            {
                return new() { Endpoint = endpoint, Failure = failure };
            }
        }
    }
}

using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Server;

/// <summary>Calls that must reach every replica, past the router.</summary>
public sealed class VllmReplicasTests
{
    [Fact]
    public async Task A_lora_adapter_is_loaded_into_each_and_unloaded_from_each()
    {
        await using FakeVllm one = await FakeVllm.StartAsync();
        await using FakeVllm other = await FakeVllm.StartAsync();
        VllmReplicas replicas = Adapter(one).Server.Replicas([one.Endpoint, other.Endpoint]);

        IReadOnlyList<ReplicaResult<string>> loaded = await replicas.LoadLoraAsync("sql", "/adapters/sql");
        IReadOnlyList<ReplicaResult<IReadOnlyList<ModelCard>>> models = await replicas.AskEachAsync((server, token) => server.GetModelsAsync(token));
        IReadOnlyList<ReplicaResult<string>> unloaded = await replicas.UnloadLoraAsync("sql");

        loaded.Select(result => (result.Endpoint, result.IsSuccess)).Should().Equal((one.Endpoint, true), (other.Endpoint, true));
        loaded.Should().AllSatisfy(result => result.Value.Should().Contain("added successfully"));
        models.Should().AllSatisfy(result => result.Value!.Select(card => card.Id).Should().Contain("sql"));
        unloaded.Should().AllSatisfy(result => result.Value.Should().Contain("removed successfully"));
    }

    [Fact]
    public async Task One_that_fails_keeps_no_other_from_being_asked()
    {
        FakeVllm gone = await FakeVllm.StartAsync();
        await gone.DisposeAsync();
        await using FakeVllm alive = await FakeVllm.StartAsync();

        IReadOnlyList<ReplicaResult<ServerHealth>> results = await Adapter(alive).Server.Replicas([gone.Endpoint, alive.Endpoint]).CheckHealthAsync();

        results.Select(result => result.Endpoint).Should().Equal(gone.Endpoint, alive.Endpoint);
        (results[0].IsSuccess, results[0].Failure!.Failure).Should().Be((false, RequestFailure.ConnectionFailed));
        (results[1].IsSuccess, results[1].Value!.IsHealthy).Should().Be((true, true));
    }

    [Fact]
    public async Task Each_has_metrics_of_its_own()
    {
        await using FakeVllm one = await FakeVllm.StartAsync(new FakeVllmOptions { Model = "granite" });
        await using FakeVllm other = await FakeVllm.StartAsync(new FakeVllmOptions { Model = "llama" });

        IReadOnlyList<ReplicaResult<ServerMetrics>> metrics = await Adapter(one).Server.Replicas([one.Endpoint, other.Endpoint]).GetMetricsAsync();

        metrics.Select(result => result.Value!.Samples.SelectMany(sample => sample.Labels.Values).First(value => value is "granite" or "llama"))
            .Should().Equal("granite", "llama");
    }

    [Fact]
    public async Task The_adapters_key_and_prefixes_of_the_addresses_go_along()
    {
        using FakeVllm vllm = FakeVllm.InMemory();
        VllmInferenceAdapter adapter = vllm.CreateAdapter(o => o.ApiKey = "sk-secret");

        await adapter.Server.Replicas("http://vllm-0/engine", "http://vllm-1/v1").AskEachAsync((server, token) => server.GetModelsAsync(token));

        vllm.Requests.Select(request => (request.Path, request.Headers["Authorization"])).Should().BeEquivalentTo(
            [("/engine/v1/models", "Bearer sk-secret"), ("/v1/models", "Bearer sk-secret")]);
    }

    [Fact]
    public async Task The_callers_token_ends_all_of_them()
    {
        using FakeVllm vllm = FakeVllm.InMemory();

        await vllm.CreateAdapter().Server.Replicas("http://vllm-0", "http://vllm-1")
            .Awaiting(replicas => replicas.CheckHealthAsync(new CancellationToken(canceled: true)))
            .Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public void An_address_that_cannot_be_used_is_refused_at_once()
    {
        using FakeVllm vllm = FakeVllm.InMemory();

        vllm.CreateAdapter().Server.Invoking(server => server.Replicas("http://vllm-0", "vllm-1:8000")).Should().Throw<ArgumentException>()
            .WithMessage("*\"vllm-1:8000\"*");
    }

    private static VllmInferenceAdapter Adapter(FakeVllm vllm) => vllm.CreateAdapter();
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VllmAdapter.Testing;

namespace VllmAdapter.HostTests;

/// <summary>What one request writes into the log of a host as it comes out of the box.</summary>
public sealed class LogNoiseTests
{
    [Fact]
    public async Task A_request_to_a_dead_server_writes_a_line_for_each_attempt()
    {
        FakeVllm gone = await FakeVllm.StartAsync();
        await gone.DisposeAsync();

        IReadOnlyList<string> lines = await AskAsync(gone.Endpoint);

        lines.Should().HaveCount(3);
        lines.Should().AllSatisfy(line => line.Should().StartWith("VllmAdapter.VllmInferenceAdapter: "));
    }

    [Fact]
    public async Task A_request_that_works_writes_nothing()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Model.Says("Hello"));

        (await AskAsync(vllm.Endpoint)).Should().BeEmpty();
    }

    [Fact]
    public async Task Who_wants_the_factorys_entries_brings_them_back()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Model.Says("Hello"));

        (await AskAsync(vllm.Endpoint, builder => builder.HttpClient.AddDefaultLogger()))
            .Should().Contain(line => line.StartsWith("System.Net.Http.HttpClient.VllmAdapter", StringComparison.Ordinal));
    }

    private static async Task<IReadOnlyList<string>> AskAsync(Uri endpoint, Action<IVllmAdapterBuilder>? configure = null)
    {
        using var logged = new Logged();
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders().AddProvider(logged);
        IVllmAdapterBuilder adapter = builder.Services.AddVllmAdapter(o => (o.Endpoint, o.Resilience.BaseDelay) = (endpoint, TimeSpan.Zero));
        configure?.Invoke(adapter);
        using IHost host = builder.Build();
        try
        {
            await host.Services.GetRequiredService<VllmInferenceAdapter>().CompleteChatAsync("Hello.");
        }
        catch (VllmRequestException)
        {
            // The log is what counts here.
        }

        return logged.Lines;
    }
}

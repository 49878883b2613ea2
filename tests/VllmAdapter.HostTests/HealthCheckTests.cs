using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using VllmAdapter.Testing;

namespace VllmAdapter.HostTests;

/// <summary>What a health check says of the server behind an adapter.</summary>
public sealed class HealthCheckTests
{
    [Fact]
    public async Task A_vllm_that_serves_the_model_is_healthy()
    {
        using FakeVllm vllm = FakeVllm.InMemory(new FakeVllmOptions { Model = "granite" });

        HealthReportEntry entry = await CheckAsync(vllm.CreateHandler(), o => o.Model = "granite");

        (entry.Status, entry.Description).Should().Be((HealthStatus.Healthy, "http://vllm.test/ serves granite."));
        vllm.Requests.Select(request => request.Path).Should().Equal("/health", "/v1/models");
    }

    [Fact]
    public async Task A_vllm_without_the_adapters_model_is_degraded()
    {
        using FakeVllm vllm = FakeVllm.InMemory(new FakeVllmOptions { Model = "granite" });

        HealthReportEntry entry = await CheckAsync(vllm.CreateHandler(), o => o.Model = "llama");

        (entry.Status, entry.Description).Should()
            .Be((HealthStatus.Degraded, "http://vllm.test/ does not serve the adapter's model \"llama\", but: granite."));
    }

    [Theory]
    [InlineData(200, "", "application/json", "{\"object\":\"list\",\"data\":[{\"id\":\"granite\"}]}", HealthStatus.Healthy, "serves granite")]
    [InlineData(404, "", "application/json", "{\"object\":\"list\",\"data\":[{\"id\":\"granite\"}]}", HealthStatus.Healthy, "serves granite")]
    [InlineData(200, "", "application/json", "{\"object\":\"list\",\"data\":[]}", HealthStatus.Degraded, "serves no model")]
    [InlineData(503, "", "application/json", "{\"object\":\"list\",\"data\":[{\"id\":\"granite\"}]}", HealthStatus.Unhealthy, "503")]
    [InlineData(200, "", "text/html", "<html><title>Welcome to nginx!</title></html>", HealthStatus.Unhealthy, "text/html")]
    [InlineData(200, "<html><title>Welcome to nginx!</title></html>", "application/json", "{}", HealthStatus.Unhealthy, "The answer is a web page")]
    [InlineData(200, "", "application/json", "{\"llamas\":[]}", HealthStatus.Unhealthy, "not a list of models")]
    public async Task Healthy_is_what_answers_as_vllm_or_a_known_gateway_does(
        int healthStatus, string health, string contentType, string models, HealthStatus status, string description)
    {
        HealthReportEntry entry = await CheckAsync(new Canned(path => path == "/health"
            ? Reply(healthStatus, health, health.Length > 0 ? "text/html" : "text/plain")
            : Reply(200, models, contentType)));

        entry.Status.Should().Be(status);
        entry.Description.Should().Contain(description);
    }

    [Fact]
    public async Task A_refused_key_is_unhealthy_and_stays_secret()
    {
        using FakeVllm vllm = FakeVllm.InMemory(new FakeVllmOptions { ApiKey = "right" });

        HealthReportEntry entry = await CheckAsync(vllm.CreateHandler(), o => o.ApiKey = "sk-wrong");

        entry.Status.Should().Be(HealthStatus.Unhealthy);
        entry.Description.Should().StartWith("The server did not accept the API key").And.NotContain("sk-wrong");
    }

    [Fact]
    public async Task A_server_that_does_not_answer_fails_within_the_checks_own_time()
    {
        HealthReportEntry entry = await CheckAsync(new Silent(), check: checks => checks.AddVllm(timeout: TimeSpan.FromMilliseconds(50)));

        (entry.Status, entry.Description).Should().Be((HealthStatus.Unhealthy, "No answer from http://vllm.test/ within 0.1 s."));
    }

    [Fact]
    public async Task Names_tags_and_the_status_of_failures_can_be_chosen()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddVllmAdapter("batch", o => o.Endpoint = new Uri("http://vllm.test")).HttpClient
            .ConfigurePrimaryHttpMessageHandler(() => new Canned(_ => Reply(503, "", "text/plain")));
        services.AddHealthChecks()
            .AddVllm("batch", failureStatus: HealthStatus.Degraded, tags: ["ready"])
            .AddVllm("batch", "other");
        await using ServiceProvider provider = services.BuildServiceProvider();

        HealthReport report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        report.Entries["vllm-batch"].Status.Should().Be(HealthStatus.Degraded);
        report.Entries["vllm-batch"].Tags.Should().Equal("ready");
        report.Entries["other"].Status.Should().Be(HealthStatus.Unhealthy);
    }

    [Fact]
    public void A_time_limit_that_is_none_is_refused() =>
        new ServiceCollection().AddHealthChecks().Invoking(checks => checks.AddVllm(timeout: TimeSpan.Zero))
            .Should().Throw<ArgumentOutOfRangeException>().WithParameterName("timeout");

    private static async Task<HealthReportEntry> CheckAsync(
        HttpMessageHandler server, Action<VllmAdapterOptions>? configure = null, Action<IHealthChecksBuilder>? check = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddVllmAdapter(o =>
        {
            o.Endpoint = new Uri("http://vllm.test");
            configure?.Invoke(o);
        }).HttpClient.ConfigurePrimaryHttpMessageHandler(() => server);
        (check ?? (checks => checks.AddVllm()))(services.AddHealthChecks());
        await using ServiceProvider provider = services.BuildServiceProvider();
        return (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["vllm"];
    }

    private static HttpResponseMessage Reply(int status, string body, string contentType) =>
        new((System.Net.HttpStatusCode)status) { Content = new StringContent(body, System.Text.Encoding.UTF8, contentType) };

    private sealed class Canned(Func<string, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(answer(request.RequestUri!.AbsolutePath));
    }

    private sealed class Silent : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException("Nothing ends it but the token.");
        }
    }
}

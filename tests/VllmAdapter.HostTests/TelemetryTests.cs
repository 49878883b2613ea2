using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using VllmAdapter.Testing;

namespace VllmAdapter.HostTests;

/// <summary>The recipe for OpenTelemetry, in a web application with the real SDK.</summary>
public sealed class TelemetryTests
{
    [Fact]
    public async Task Inside_a_web_request_the_adapters_span_is_a_child_of_the_requests()
    {
        (List<Activity> spans, _) = await ServeAsync();

        // The fake server is a web application of the same process, and so are those of other tests.
        Activity request = spans.Should().ContainSingle(span => Equals(span.GetTagItem("url.path"), "/ask")).Subject;
        Activity chat = spans.Should().ContainSingle(span => span.Source.Name == VllmTelemetry.SourceName && span.TraceId == request.TraceId).Subject;
        chat.ParentSpanId.Should().Be(request.SpanId);
        chat.GetTagItem(VllmTelemetry.Attributes.Verdict).Should().Be("completed");
        chat.DisplayName.Should().Be("chat granite");
    }

    [Fact]
    public async Task Durations_tokens_and_outcomes_are_measured()
    {
        (_, List<Metric> metrics) = await ServeAsync();

        metrics.Where(metric => metric.MeterName == VllmTelemetry.MeterName).Select(metric => metric.Name).Should().Contain(
        [
            VllmTelemetry.Instruments.OperationDuration, VllmTelemetry.Instruments.TokenUsage,
            VllmTelemetry.Instruments.TimeToFirstChunk, VllmTelemetry.Instruments.StreamOutcomes,
        ]);
    }

    private static async Task<(List<Activity> Spans, List<Metric> Metrics)> ServeAsync()
    {
        List<Activity> spans = [];
        List<Metric> metrics = [];
        await using FakeVllm vllm = await FakeVllm.StartAsync(new FakeVllmOptions { Model = "granite" }, Script.Model.Says("Hel", "lo"));
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();

        // While anybody logs, ASP.NET makes an activity of its own that is recorded by nobody, and so would the adapter's be below it.
        using var logged = new Logged();
        builder.Logging.ClearProviders().AddProvider(logged);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddVllmAdapter(o => (o.Endpoint, o.Model) = (vllm.Endpoint, "granite"));
        builder.Services.AddOpenTelemetry()
            .WithTracing(tracing => tracing.AddAspNetCoreInstrumentation().AddSource(VllmTelemetry.SourceName).AddInMemoryExporter(spans))
            .WithMetrics(measures => measures.AddMeter(VllmTelemetry.MeterName).AddInMemoryExporter(metrics));

        await using (WebApplication app = builder.Build())
        {
            app.MapGet("/ask", async (VllmInferenceAdapter adapter) => (await adapter.CompleteChatAsync("Hello.")).Text);
            await app.StartAsync();
            string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            using var browser = new HttpClient();
            (await browser.GetStringAsync(new Uri($"{address}/ask"))).Should().Be("Hello");
            await app.StopAsync();
            app.Services.GetRequiredService<TracerProvider>().ForceFlush();
            app.Services.GetRequiredService<MeterProvider>().ForceFlush();
        }

        return (spans, metrics);
    }
}

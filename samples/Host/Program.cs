using Microsoft.Extensions.Diagnostics.HealthChecks;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using VllmAdapter;
using VllmAdapter.Diagnostics;
using VllmAdapter.Testing;

return await Sample.RunAsync(args, """
    Host

    A web application with what Aspire sets for every service: retries and service discovery for all HTTP clients, health checks, OpenTelemetry.
    It takes no arguments, needs no server (two scripted ones are inside) and ends by itself. Settings come from appsettings.json
    and from environment variables, such as Vllm__Model.

        dotnet run --project samples/Host
    """, RunAsync);

static async Task RunAsync()
{
    await using FakeVllm starting = await FakeVllm.StartAsync(new FakeVllmOptions { Model = "granite" },
        Script.Refuses(503, "The model is still being loaded.", "ServiceUnavailableError"));
    await using FakeVllm ready = await FakeVllm.StartAsync(new FakeVllmOptions { Model = "granite" }, Script.Model.Says("Llamas", " are", " calm", "."));

    WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
    builder.WebHost.UseUrls("http://127.0.0.1:0");

    // Who answers to the name "vllm". Aspire and Kubernetes say this by other means.
    builder.Configuration["Services:vllm:http:0"] = starting.Endpoint.ToString();
    builder.Configuration["Services:vllm:http:1"] = ready.Endpoint.ToString();

    // <defaults>
    builder.Services.AddServiceDiscovery();
    builder.Services.ConfigureHttpClientDefaults(client => client.AddStandardResilienceHandler());   // not for the adapter: it has its own
    builder.Services.ConfigureHttpClientDefaults(client => client.AddServiceDiscovery());

    builder.Services.AddVllmAdapter(builder.Configuration.GetSection("Vllm"));                       // "Endpoint": "https+http://vllm"
    builder.Services.AddHealthChecks().AddVllm(tags: ["ready"]);
    // </defaults>

    // <telemetry>
    builder.Services.AddOpenTelemetry()
        .WithTracing(tracing => tracing.AddAspNetCoreInstrumentation().AddSource(VllmTelemetry.SourceName).AddConsoleExporter())
        .WithMetrics(metrics => metrics.AddMeter(VllmTelemetry.MeterName).AddConsoleExporter());
    // </telemetry>

    // <otlp>
    if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 })        // an environment variable; Aspire sets it
        builder.Services.AddOpenTelemetry().UseOtlpExporter();
    // </otlp>

    await using WebApplication app = builder.Build();
    app.MapGet("/ask", async (VllmInferenceAdapter adapter) => (await adapter.CompleteChatAsync("What are llamas like?")).ToString());
    await app.StartAsync();
    using var browser = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

    Console.WriteLine("1. One of two servers is still starting: a request that it refuses reaches the other one.");
    Console.WriteLine($"   {await browser.GetStringAsync(new Uri("/ask", UriKind.Relative))}");
    Console.WriteLine($"   {await browser.GetStringAsync(new Uri("/ask", UriKind.Relative))}");

    Console.WriteLine("2. The health check says what is served; the configuration then asks for another model.");
    Console.WriteLine($"   {await HealthAsync()}");
    app.Configuration["Vllm:Model"] = "llama";
    ((IConfigurationRoot)app.Configuration).Reload();
    Console.WriteLine($"   {await HealthAsync()}");

    Console.WriteLine("3. A change that cannot be used is logged, and the settings stay.");
    app.Configuration["Vllm:TimeLimits:FirstChunk"] = "60";
    try
    {
        ((IConfigurationRoot)app.Configuration).Reload();
    }
    catch (AggregateException)
    {
        // .NET's own monitors tell whoever reloads; a file that changes tells nobody.
    }

    Console.WriteLine($"   The model is still {app.Services.GetRequiredService<VllmInferenceAdapter>().Model}.");
    Console.WriteLine("4. What OpenTelemetry measured:");
    await app.StopAsync();

    async Task<string> HealthAsync()
    {
        HealthReport report = await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        return $"{report.Entries["vllm"].Status}: {report.Entries["vllm"].Description}";
    }
}

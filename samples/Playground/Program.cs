// A page to try the library on: chat, tools, reasoning and typed answers, with the verdict of every answer in three colours, and a switch that breaks the server.
using System.Net;
using Playground;
using VllmAdapter;
using VllmAdapter.Testing;

return await Sample.RunAsync(args, """
    Playground [--Vllm:Endpoint URL] [--Vllm:Model NAME] [--urls URL] [--Ask QUESTION]

    A page to try the library on: chat, tools, reasoning and typed answers, with the verdict of every answer. Without --Vllm:Endpoint it asks a
    scripted vLLM and needs no server. --urls is where the page is served (http://127.0.0.1:5080). --Ask asks one question, prints what the page
    would show, and ends. Settings also come from environment variables, such as Vllm__Endpoint, Vllm__Model and Vllm__ApiKey.

        dotnet run --project samples/Playground --Vllm:Endpoint http://localhost:8000 --Vllm:Model granite
    """, RunAsync, options: ["--Vllm:", "--urls", "--Ask"]);

async Task RunAsync()
{
    WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);     // a start that fails is told below
    if (builder.Configuration["urls"] is null)
        builder.WebHost.UseUrls(builder.Configuration["Ask"] is null ? "http://127.0.0.1:5080" : "http://127.0.0.1:0");

    await using FakeVllm? scripted = builder.Configuration["Vllm:Endpoint"] is null ? await FaultyServer.StartAsync() : null;
    if (scripted is not null)
    {
        builder.Configuration["Vllm:Endpoint"] = scripted.Endpoint.ToString();
        builder.Configuration["Vllm:TimeLimits:BetweenChunks"] = "00:00:03";        // so that a server that falls silent is seen to be
    }

    // <register>
    builder.Services.AddVllmAdapter(builder.Configuration.GetSection("Vllm"));
    // </register>
    builder.Services.AddSingleton(TimeProvider.System);
    builder.Services.AddSingleton<Visitors>();
    builder.Services.AddSingleton<Servers>();

    await using WebApplication app = builder.Build();
    app.UseDefaultFiles();
    app.UseStaticFiles();
    app.MapGet("/about", (VllmInferenceAdapter adapter) => new About(scripted is not null, adapter.Endpoint.ToString(), adapter.Model, scripted is null ? [] : FaultyServer.Faults));

    // The token is canceled when the browser leaves: that ends the stream, and the generation on the server.
    app.MapPost("/chat", (Question question, Visitors visitors, Servers servers, HttpContext browser) => TypedResults.ServerSentEvents(Relay.ToBrowserAsync(
        visitors.Of(question.Visitor), question, () => servers.Of(question, IsLocal(browser)), browser.RequestAborted)));

    app.MapPost("/forget", (string visitor, Visitors visitors) => visitors.Forget(visitor));

    if (app.Configuration["Ask"] is { } question)
        await Running.AskAsync(app, question);
    else
        await Running.ServeAsync(app);
}

static bool IsLocal(HttpContext browser) => browser.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address);

/// <summary>What the page says of its server.</summary>
internal sealed record About(bool IsScripted, string Endpoint, string? Model, IReadOnlyList<Fault> Faults);

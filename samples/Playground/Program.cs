// A page to try the library on: chat, tools, reasoning and typed answers, with the verdict of every answer in three colours, and a switch that breaks the server.
//
//     dotnet run --project samples/Playground                                                              a scripted vLLM; needs nothing
//     dotnet run --project samples/Playground --Vllm:Endpoint http://localhost:8000 --Vllm:Model granite   a real one
//     dotnet run --project samples/Playground --Ask "Hello."                                               asks itself once, and ends
using System.Net;
using System.Net.ServerSentEvents;
using Playground;
using VllmAdapter;
using VllmAdapter.Testing;

if (args is ["--help" or "-h" or "-?"])
{
    Console.WriteLine("Playground [--Vllm:Endpoint URL] [--Vllm:Model NAME] [--urls http://127.0.0.1:5080] [--Ask QUESTION]");
    return;
}

WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.Logging.SetMinimumLevel(LogLevel.Warning);
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

WebApplication app = builder.Build();
app.UseDefaultFiles();
app.UseStaticFiles();
app.MapGet("/about", (VllmInferenceAdapter adapter) => new About(scripted is not null, adapter.Endpoint.ToString(), adapter.Model, scripted is null ? [] : FaultyServer.Faults));

// The token is canceled when the browser leaves: that ends the stream, and the generation on the server.
app.MapPost("/chat", (Question question, Visitors visitors, Servers servers, HttpContext browser) => TypedResults.ServerSentEvents(Relay.ToBrowserAsync(
    visitors.Of(question.Visitor), question, () => servers.Of(question, IsLocal(browser)), browser.RequestAborted)));

app.MapPost("/forget", (string visitor, Visitors visitors) => visitors.Forget(visitor));

if (app.Configuration["Ask"] is { } asked)
{
    await app.StartAsync();
    using var browser = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    using HttpResponseMessage answer = await browser.PostAsJsonAsync("/chat", new Question("me", asked));
    await foreach (SseItem<string> item in SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync())
        Console.WriteLine($"{item.EventType}: {item.Data}");

    return;
}

try
{
    await app.StartAsync();
}
catch (IOException taken)
{
    Console.Error.WriteLine($"{taken.Message} Choose another address: --urls http://127.0.0.1:5081");
    Environment.ExitCode = 1;
    return;
}

Console.WriteLine($"Open {app.Urls.First()}");
await app.WaitForShutdownAsync();

static bool IsLocal(HttpContext browser) => browser.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address);

/// <summary>What the page says of its server.</summary>
internal sealed record About(bool IsScripted, string Endpoint, string? Model, IReadOnlyList<Fault> Faults);

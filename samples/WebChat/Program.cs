// A chat page that always says how an answer ended. Closing the page, or pressing stop, frees the GPU at once.
//
//     dotnet run --project samples/WebChat                                                     a scripted vLLM; needs nothing
//     dotnet run --project samples/WebChat --Vllm:Endpoint http://localhost:8000 --Vllm:Model granite    a real one
//     dotnet run --project samples/WebChat --Ask "Hello."                                      asks itself once, and ends
using System.Net.ServerSentEvents;
using VllmAdapter;
using VllmAdapter.Testing;
using WebChat;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);

await using FakeVllm? scripted = builder.Configuration["Vllm:Endpoint"] is null ? await ScriptedServer.StartAsync() : null;
if (scripted is not null)
    builder.Configuration["Vllm:Endpoint"] = scripted.Endpoint.ToString();

// <register>
builder.Services.AddVllmAdapter(builder.Configuration.GetSection("Vllm"));
// </register>

WebApplication app = builder.Build();
app.UseDefaultFiles();
app.UseStaticFiles();

// The token is canceled when the browser leaves: that ends the stream, and the generation on the server.
app.MapPost("/chat", (Said[] talk, VllmInferenceAdapter adapter, CancellationToken browserLeaves) =>
    TypedResults.ServerSentEvents(Relay.ToBrowserAsync(adapter.StreamChatAsync(Relay.Question(talk), browserLeaves))));

if (app.Configuration["Ask"] is { } question)
{
    app.Urls.Add("http://127.0.0.1:0");
    await app.StartAsync();
    using var browser = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    using HttpResponseMessage answer = await browser.PostAsJsonAsync("/chat", new[] { new Said("user", question) });
    await foreach (SseItem<string> item in SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync())
        Console.WriteLine($"{item.EventType}: {item.Data}");

    return;
}

await app.StartAsync();
Console.WriteLine($"Open {app.Urls.First()}");
await app.WaitForShutdownAsync();

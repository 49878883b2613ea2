// A web application that asks by Microsoft.Extensions.AI and streams by the adapter; it asks itself once over HTTP, and ends.
using Microsoft.Extensions.AI;
using VllmAdapter;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Configuration["Vllm:Endpoint"] = "http://localhost:8000";
builder.Configuration["Vllm:Model"] = "Qwen/Qwen3-8B";
builder.Services.AddVllmChatClient();

// <health>
builder.Services.AddVllmAdapter(builder.Configuration.GetSection("Vllm"));
builder.Services.AddHealthChecks().AddVllm(tags: ["ready"]);
// </health>

var app = builder.Build();
app.MapHealthChecks("/healthz");
app.MapGet("/ask", async (IChatClient chat) => (await chat.GetResponseAsync("What is a llama?")).Text);
app.MapGet("/stream", (VllmInferenceAdapter adapter, CancellationToken cancelled) => Texts(adapter, cancelled));

await app.StartAsync();
using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
Console.WriteLine(await http.GetStringAsync("/ask"));
string streamed = string.Concat(await http.GetFromJsonAsync<string[]>("/stream") ?? []);
Console.WriteLine($"Streamed: {streamed} {await http.GetStringAsync("/healthz")}");
await app.StopAsync();

static async IAsyncEnumerable<string> Texts(
    VllmInferenceAdapter adapter, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancelled)
{
    await foreach (ChatChunk chunk in adapter.StreamChatAsync("What is a llama?", cancelled))
        yield return chunk.Text;
}

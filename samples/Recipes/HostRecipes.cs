using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>Adapters in web applications.</summary>
internal static class HostRecipes
{
    public static async Task RunAsync()
    {
        Recipe.Title("A browser that leaves");
        await Browser(NewBuilder(), FakeVllm.InMemory(Script.Model.Says("Llamas", " are", " calm.").GoesSilent()));
        Recipe.Title("Several servers");
        await SeveralServers(NewBuilder(), FakeVllm.InMemory(Script.Model.Says("Chat.")), FakeVllm.InMemory(Script.Model.Says("Batch.")));
    }

    public static WebApplicationBuilder NewBuilder()
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        return builder;
    }

    private static async Task Browser(WebApplicationBuilder builder, FakeVllm vllm)
    {
        builder.Services.AddVllmAdapter().HttpClient.ConfigurePrimaryHttpMessageHandler(vllm.CreateHandler);

        // <browser>
        builder.Services.AddVllmAdapter(options => options.Endpoint = new Uri("http://localhost:8000"));
        WebApplication app = builder.Build();
        app.MapGet("/ask", (string question, VllmInferenceAdapter adapter, CancellationToken browserLeaves) =>
            TypedResults.ServerSentEvents(
                adapter.StreamChatAsync(question, browserLeaves).Select(chunk => chunk.Text).Where(text => text.Length > 0)));
        // </browser>

        await app.StartAsync();
        using (var browser = new HttpClient { BaseAddress = new Uri(app.Urls.First()) })
        using (var page = new StreamReader(await browser.GetStreamAsync("/ask?question=How")))
            Console.WriteLine($"The browser saw \"{await page.ReadLineAsync()}\", and leaves.");
        await vllm.WhenIdleAsync();
        Console.WriteLine($"The server aborted {vllm.Aborted} answer.");
        await app.StopAsync();
    }

    private static async Task SeveralServers(WebApplicationBuilder builder, FakeVllm chat, FakeVllm batch)
    {
        builder.Services.AddVllmAdapter("chat").HttpClient.ConfigurePrimaryHttpMessageHandler(chat.CreateHandler);
        builder.Services.AddVllmAdapter("batch").HttpClient.ConfigurePrimaryHttpMessageHandler(batch.CreateHandler);

        // <several>
        builder.Services.AddVllmAdapter("chat", options => options.Endpoint = new Uri("http://chat:8000"));
        builder.Services.AddVllmAdapter("batch", options => options.Endpoint = new Uri("http://batch:8000"));
        WebApplication app = builder.Build();
        app.MapGet("/ask", async ([FromKeyedServices("batch")] VllmInferenceAdapter adapter, string question) =>
            (await adapter.CompleteChatAsync(question)).Text);
        // </several>

        await app.StartAsync();
        using var browser = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        Console.WriteLine(await browser.GetStringAsync("/ask?question=Who"));
        await app.StopAsync();
    }
}

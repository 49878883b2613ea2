using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using VllmAdapter;
using VllmAdapter.Agents;
using VllmAdapter.Testing;

/// <summary>Workers, and programs that are compiled ahead of time.</summary>
internal static class AppRecipes
{
    public static async Task RunAsync()
    {
        Recipe.Title("A worker");
        await Worker(FakeVllm.InMemory(Script.Model.Says("Llamas are calm."), Script.Refuses(400, "The prompt is too odd."), Script.Model.Says("They hum.")));
        Recipe.Title("Compiled ahead of time");
        await AheadOfTime(FakeVllm.InMemory(Script.Model.Says("""{"title":"Trip to Cusco","days":3}""")).CreateAdapter());
    }

    private static async Task Worker(FakeVllm vllm)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddVllmAdapter().HttpClient.ConfigurePrimaryHttpMessageHandler(vllm.CreateHandler);
        builder.Configuration["Vllm:Endpoint"] = vllm.Endpoint.ToString();

        // <register-worker>
        builder.Services.AddVllmAdapter(builder.Configuration.GetSection("Vllm"));
        builder.Services.AddSingleton(Channel.CreateBounded<string>(100));
        builder.Services.AddHostedService<Summarizer>();
        // </register-worker>

        using IHost host = builder.Build();
        await host.StartAsync();
        Channel<string> inbox = host.Services.GetRequiredService<Channel<string>>();
        foreach (string text in new[] { "one", "two", "three" })
            await inbox.Writer.WriteAsync(text);
        inbox.Writer.Complete();
        await host.Services.GetServices<IHostedService>().OfType<Summarizer>().Single().ExecuteTask!;
        await host.StopAsync();
    }

    private static async Task AheadOfTime(VllmInferenceAdapter adapter)
    {
        // <ahead>
        Tool save = Tool.From("save_plan", "Saves a plan.", AppJson.Default.Plan, plan => $"Saved {plan.Title}.");
        var request = ChatRequest.FromPrompt("A plan for Peru, please.") with { Output = StructuredOutput.JsonSchema("plan", AppJson.Default.Plan) };
        Plan plan = (await adapter.CompleteChatAsync(request)).TextAs(AppJson.Default.Plan);
        // </ahead>
        Console.WriteLine($"{plan}, and the tool {save.Definition.Name}");
    }
}

// <worker>
internal sealed class Summarizer(Channel<string> inbox, VllmInferenceAdapter adapter) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (string text in inbox.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                ChatAnswer answer = await adapter.CompleteChatAsync($"Summarize: {text}", stoppingToken);
                Console.WriteLine($"{text}: {answer.Text}");
            }
            catch (VllmException failure)         // one text that fails does not end the worker
            {
                Console.WriteLine($"{text}: {failure.Message}");
            }
        }
    }
}
// </worker>

// <context>
internal sealed record Plan(string Title, int Days);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Plan))]
internal sealed partial class AppJson : JsonSerializerContext;
// </context>

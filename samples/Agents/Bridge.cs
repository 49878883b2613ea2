using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using VllmAdapter;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;

/// <summary>The bridge alone; the readme of its package shows the marked parts.</summary>
internal static class Bridge
{
    public static async Task RunAsync()
    {
        using var vllm = FakeVllm.InMemory(Script.Model.Says("Llamas are calm."));
        await AskAsync(vllm.CreateAdapter());

        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Vllm:Endpoint", vllm.Endpoint.ToString())]).Build();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddVllmAdapter().HttpClient.ConfigurePrimaryHttpMessageHandler(vllm.CreateHandler);
        Register(services, configuration);
        await using ServiceProvider provider = services.BuildServiceProvider();
        Console.WriteLine($"  injected {(await provider.GetRequiredService<IChatClient>().GetResponseAsync("Tell me about llamas.")).Text}");
    }

    private static async Task AskAsync(VllmInferenceAdapter adapter)
    {
        // <ask>
        IChatClient chat = adapter.AsIChatClient();
        ChatResponse response = await chat.GetResponseAsync("Tell me about llamas.");
        Console.WriteLine($"  answer   {response.Text}");
        Console.WriteLine($"  outcome  {response.GetStreamOutcome()?.Explain()}");
        // </ask>
    }

    private static void Register(IServiceCollection services, IConfiguration configuration)
    {
        // <register>
        services.AddVllmAdapter(configuration.GetSection("Vllm"));
        services.AddChatClient(provider => provider.GetRequiredService<VllmInferenceAdapter>().AsIChatClient())
            .UseFunctionInvocation()
            .UseOpenTelemetry();
        // </register>
    }
}

using VllmAdapter;
using VllmAdapter.Server;
using VllmAdapter.Testing;

/// <summary>What is set for a router or a gateway; docs/many-servers.md shows the marked parts.</summary>
internal static class GatewayRecipes
{
    public static async Task RunAsync()
    {
        Recipe.Title("The address of a router");
        var services = new ServiceCollection();

        // <router>
        services.AddVllmAdapter(options =>
        {
            options.Endpoint = new Uri("http://router:8080");
            options.Model = "granite";
        });
        // </router>
        await using ServiceProvider provider = services.BuildServiceProvider();
        Console.WriteLine(provider.GetRequiredService<VllmInferenceAdapter>().Endpoint);

        Recipe.Title("What a request tells a router");
        using var vllm = FakeVllm.InMemory(Script.Model.Says("It is warm."));
        Console.WriteLine(await vllm.CreateAdapter().CompleteChatAsync(ForARouter("c-17", "u-4")));
        Console.WriteLine(vllm.Requests.Single().Headers["X-Session-ID"]);

        Recipe.Title("Behind LiteLLM");
        LiteLlm(new ServiceCollection(), "sk-1234");

        Recipe.Title("Every replica");
        await EachReplica(FakeVllm.InMemory().CreateAdapter());
    }

    private static ChatRequest ForARouter(string conversationId, string userId)
    {
        // <request>
        var request = ChatRequest.FromPrompt("And their wool?") with
        {
            Headers = new RequestHeaders
            {
                Session = conversationId,         // X-Session-ID: one conversation, one engine, so that its prefix cache helps
                Priority = 5,                     // X-Vllm-Priority: lower goes first
                DataParallelRank = 2,             // X-data-parallel-rank
                Additional = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["x-user-id"] = userId },   // as the layer names it
            },
            Serving = new ServingOptions { Priority = 5 },   // the same in the body, which every vLLM version reads
        };
        // </request>
        return request;
    }

    private static void LiteLlm(IServiceCollection services, string key)
    {
        // <litellm>
        services.AddVllmAdapter(options =>
        {
            options.Endpoint = new Uri("http://litellm:4000");
            options.Model = "granite";              // the name in LiteLLM's model list
            options.ApiKey = key;
            options.ContextWindow = 32_768;         // should the model list not tell it
        });
        // </litellm>
        using ServiceProvider provider = services.BuildServiceProvider();
        Console.WriteLine(provider.GetRequiredService<VllmInferenceAdapter>().Endpoint);
    }

    private static async Task EachReplica(VllmInferenceAdapter adapter)
    {
        // <replicas>
        VllmReplicas replicas = adapter.Server.Replicas("http://vllm-0:8000", "http://vllm-1:8000");
        foreach (ReplicaResult<string> loaded in await replicas.LoadLoraAsync("sql", "/adapters/sql"))
            Console.WriteLine($"{loaded.Endpoint}: {loaded.Failure?.Message ?? loaded.Value}");
        // </replicas>
    }
}

using VllmAdapter;
using VllmAdapter.Server;
using VllmAdapter.Testing;

/// <summary>What a server offers, what it is doing, and what whoever runs it may do to it; docs/server.md shows the marked parts.</summary>
internal static class OperatorRecipes
{
    public static async Task RunAsync()
    {
        var development = new FakeVllmOptions { DevMode = true };
        Recipe.Title("What a server offers");
        await Capabilities(FakeVllm.InMemory().CreateAdapter());
        Recipe.Title("Sleep");
        await Sleep(FakeVllm.InMemory(development).CreateAdapter());
        Recipe.Title("What a server is doing");
        await Diagnose(FakeVllm.InMemory(development).CreateAdapter());
        Recipe.Title("Latencies");
        await Latencies(FakeVllm.InMemory().CreateAdapter(), TimeSpan.FromMilliseconds(10));
    }

    private static async Task Capabilities(VllmInferenceAdapter adapter)
    {
        // <capabilities>
        ServerCapabilities offered = await adapter.Server.GetCapabilitiesAsync();
        RouteCapability embeddings = offered.Of("/v1/embeddings");
        Console.WriteLine(embeddings.IsOffered switch
        {
            true => "Embeddings: yes.",
            false => $"Embeddings: no. {embeddings.Reason} {embeddings.Needs}",
            null => $"Embeddings: not known. {embeddings.Reason}",
        });
        // </capabilities>
    }

    private static async Task Sleep(VllmInferenceAdapter adapter)
    {
        // <sleep>
        ServerAdministration administration = adapter.Server.Administration;
        await administration.SleepAsync(level: 1, RunningRequests.Wait);     // the GPU's memory is free once the running requests have ended
        Console.WriteLine($"asleep: {await administration.IsSleepingAsync()}");
        await administration.WakeUpAsync();
        // </sleep>
    }

    private static async Task Diagnose(VllmInferenceAdapter adapter)
    {
        await adapter.Server.Administration.PauseAsync();

        // <diagnose>
        ServerDiagnosis found = await adapter.Server.DiagnoseAsync();
        Console.WriteLine($"{found.Activity}: {found.Explain()}");
        // </diagnose>
    }

    private static async Task Latencies(VllmInferenceAdapter adapter, TimeSpan span)
    {
        // <latencies>
        ServerMetrics before = await adapter.Server.GetMetricsAsync();
        await Task.Delay(span, TimeProvider.System);
        ServerProgress progress = (await adapter.Server.GetMetricsAsync()).Since(before);
        Console.WriteLine($"{progress.Activity}, {progress.GenerationTokens} tokens");
        if (progress.TimeToFirstToken is { } first)                          // null: no request, or not reported; never zero
            Console.WriteLine($"first token: {first.P50} for half of them, {first.P99} for 99 of 100");
        // </latencies>
    }
}

using Microsoft.Extensions.AI;
using VllmAdapter;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;

/// <summary>Vectors; docs/search.md shows the marked parts.</summary>
internal static class EmbeddingRecipes
{
    public static async Task RunAsync()
    {
        await using FakeVllm embeds = await FakeVllm.StartAsync(new FakeVllmOptions { Kinds = ModelKinds.Embeds, IsMatryoshka = true });
        Recipe.Title("Embed");
        await EmbedAsync(embeds.CreateAdapter());
        Recipe.Title("Microsoft.Extensions.AI");
        await GeneratorAsync(embeds.CreateAdapter());
        Recipe.Title("When a reply is not whole");
        await FaultAsync();
    }

    private static async Task EmbedAsync(VllmInferenceAdapter adapter)
    {
        // <embed>
        EmbeddingResult result = await adapter.EmbedAsync(["a llama", "an alpaca"]);
        ReadOnlyMemory<float> first = result.Vectors[0];
        // </embed>
        Console.WriteLine($"{result}, {result.Usage?.PromptTokens} tokens, {first.Length} numbers");

        // <options>
        EmbeddingResult shorter = await adapter.EmbedAsync(new EmbeddingRequest
        {
            Inputs = ["a llama", PoolingInput.FromTokens(100, 200)],
            Dimensions = 128,        // only for models that can be shortened
            TruncateTo = -1,         // cut what is longer than the window
            MaxBatchSize = 64,
        });
        // </options>
        Console.WriteLine(shorter);

        string[] corpus = [.. Enumerable.Range(0, 300).Select(number => $"text {number}")];
        int stored = 0;
        Task StoreAsync(ReadOnlyMemory<float> vector)
        {
            stored += vector.IsEmpty ? 0 : 1;
            return Task.CompletedTask;
        }

        // <stream>
        var request = new EmbeddingRequest { Inputs = [.. corpus.Select(PoolingInput.FromText)] };
        await foreach (EmbeddingResult batch in adapter.StreamEmbeddingsAsync(request))
        {
            foreach (ReadOnlyMemory<float> vector in batch.Vectors)
                await StoreAsync(vector);
        }
        // </stream>
        Console.WriteLine($"{stored} vectors stored");
    }

    private static async Task GeneratorAsync(VllmInferenceAdapter adapter)
    {
        // <generator>
        IEmbeddingGenerator<string, Embedding<float>> generator = adapter.AsIEmbeddingGenerator();
        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(["a llama", "an alpaca"]);
        // </generator>
        Console.WriteLine($"{embeddings.Count} embeddings by Microsoft.Extensions.AI");
    }

    private static async Task FaultAsync()
    {
        // <fault>
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Kinds = ModelKinds.Embeds, PoolingFaults = _ => PoolingFault.TooFew });
        try
        {
            await vllm.CreateAdapter().EmbedAsync(["a llama", "an alpaca"]);
        }
        catch (VllmRequestException failure) when (failure.Failure == RequestFailure.InvalidReply)
        {
            Console.WriteLine(failure.Message);      // it holds 1 embedding where 2 are due; the first one missing is that of Inputs[1]
        }
        // </fault>
    }
}

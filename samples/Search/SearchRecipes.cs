using Microsoft.Extensions.AI;
using VllmAdapter;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;

/// <summary>Short answers to "how do I ...?"; docs/search.md shows the marked parts.</summary>
internal static class SearchRecipes
{
    public static async Task RunAsync()
    {
        await using FakeVllm embeds = await FakeVllm.StartAsync(new FakeVllmOptions { Kinds = ModelKinds.Embeds, IsMatryoshka = true });
        Heading("Embed");
        await EmbedAsync(embeds.CreateAdapter());
        Heading("Microsoft.Extensions.AI");
        await GeneratorAsync(embeds.CreateAdapter());
        Heading("When a reply is not whole");
        await FaultAsync();

        await using FakeVllm ranks = await FakeVllm.StartAsync(new FakeVllmOptions { Kinds = ModelKinds.Ranks });
        Heading("Rerank and score");
        await RankAsync(ranks.CreateAdapter());

        await using FakeVllm classifies = await FakeVllm.StartAsync(new FakeVllmOptions { Kinds = ModelKinds.Classifies, Labels = ["praise", "complaint", "question"] });
        Heading("Classify");
        await ClassifyAsync(classifies.CreateAdapter());

        await using FakeVllm tokens = await FakeVllm.StartAsync(new FakeVllmOptions { Kinds = ModelKinds.EmbedsTokens });
        Heading("A pooling model's own output");
        await PoolAsync(tokens.CreateAdapter());

        await using FakeVllm writes = await FakeVllm.StartAsync(request => Script.Model.Says(request.Body.Contains("praise", StringComparison.Ordinal) ? "praise" : "yes"));
        Heading("Classify with a model that writes");
        await LabelAsync(writes.CreateAdapter());
        Heading("Qwen3-Reranker, served as a chat model");
        await RerankByChatAsync(writes.CreateAdapter(), "What do llamas eat?", "Llamas graze.");
    }

    private static void Heading(string title) => Console.WriteLine($"\n== {title}");

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

    private static async Task RankAsync(VllmInferenceAdapter adapter)
    {
        // <rerank>
        RerankResult ranked = await adapter.RerankAsync("What do llamas eat?", ["The sea is blue.", "Llamas eat grass."]);
        foreach (RankedDocument hit in ranked.Results)
            Console.WriteLine($"{hit.Score:0.00} {hit.Document}");
        // </rerank>

        // <score>
        ScoreResult scores = await adapter.ScoreAsync(new ScoreRequest
        {
            Queries = ["a llama", "a tower"],
            Documents = ["an alpaca", "a house"],
            ScoreKind = ScoreKind.Sigmoid,
        });
        // </score>
        Console.WriteLine(string.Join(", ", scores.Scores.Select(pair => $"{pair.Query} / {pair.Document}: {pair.Score:0.00}")));
    }

    private static async Task ClassifyAsync(VllmInferenceAdapter adapter)
    {
        // <classify>
        ClassificationResult result = await adapter.ClassifyAsync(["Nothing but praise for you!", "I have a question."]);
        foreach (Classification one in result.Results)
            Console.WriteLine($"{one.Label} ({one.Scores[one.TopClass]:0.00})");
        // </classify>
    }

    private static async Task PoolAsync(VllmInferenceAdapter adapter)
    {
        // <pool>
        PoolResult result = await adapter.PoolAsync(["a llama"]);
        PooledOutput output = result.Outputs[0];
        for (int row = 0; row < output.Rows; row++)
            Console.WriteLine($"token {row}: {output.Row(row).Length} numbers");
        // </pool>
    }

    private static async Task LabelAsync(VllmInferenceAdapter adapter)
    {
        // <labels>
        LabelResult result = await adapter.ClassifyAsync("What a lovely day!", ["praise", "complaint", "question"]);
        Console.WriteLine($"{result.Label} ({result.Probability:0.00}; unseen {result.UnseenProbability:0.00})");
        // </labels>

        // <yesno>
        YesNoResult answer = await adapter.AskYesNoAsync("Is a llama a mammal?");
        Console.WriteLine($"{answer}");
        // </yesno>
    }

    private static async Task RerankByChatAsync(VllmInferenceAdapter adapter, string query, string document)
    {
        // <reranker>
        YesNoResult relevant = await adapter.AskYesNoAsync(new ChatRequest
        {
            Messages =
            [
                VllmMessage.System("Judge whether the Document meets the requirements based on the Query and the Instruct provided. "
                    + "Note that the answer can only be \"yes\" or \"no\"."),
                VllmMessage.User($"<Instruct>: Find passages that answer the query\n<Query>: {query}\n<Document>: {document}"),
            ],
        });
        double score = relevant.Probability;
        // </reranker>
        Console.WriteLine($"relevant with {score:0.00}");
    }
}

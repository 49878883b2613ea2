using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>Ranks, scores, classes, and what else a pooling model says; docs/search.md shows the marked parts.</summary>
internal static class RankingRecipes
{
    public static async Task RunAsync()
    {
        await using FakeVllm ranks = await FakeVllm.StartAsync(new FakeVllmOptions { Kinds = ModelKinds.Ranks });
        Recipe.Title("Rerank and score");
        await RankAsync(ranks.CreateAdapter());

        await using FakeVllm classifies = await FakeVllm.StartAsync(new FakeVllmOptions { Kinds = ModelKinds.Classifies, Labels = ["praise", "complaint", "question"] });
        Recipe.Title("Classify");
        await ClassifyAsync(classifies.CreateAdapter());

        await using FakeVllm tokens = await FakeVllm.StartAsync(new FakeVllmOptions { Kinds = ModelKinds.EmbedsTokens });
        Recipe.Title("A pooling model's own output");
        await PoolAsync(tokens.CreateAdapter());
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
}

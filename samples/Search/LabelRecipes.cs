using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>Labels, and yes or no, of a model that writes; docs/search.md shows the marked parts.</summary>
internal static class LabelRecipes
{
    public static async Task RunAsync()
    {
        await using FakeVllm writes = await FakeVllm.StartAsync(request => Script.Model.Says(request.Body.Contains("praise", StringComparison.Ordinal) ? "praise" : "yes"));
        Recipe.Title("Classify with a model that writes");
        await LabelAsync(writes.CreateAdapter());
        Recipe.Title("Qwen3-Reranker, served as a chat model");
        await RerankByChatAsync(writes.CreateAdapter(), "What do llamas eat?", "Llamas graze.");
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

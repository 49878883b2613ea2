using VllmAdapter;
using VllmAdapter.Server;
using VllmAdapter.Testing;

/// <summary>What the server is asked beside chats.</summary>
internal static class ServerRecipes
{
    public static async Task RunAsync()
    {
        Recipe.Title("LoRA adapters");
        await Lora(FakeVllm.InMemory(Script.Model.Says("Once upon a time.")).CreateAdapter());
        Recipe.Title("Count tokens");
        await Tokens(FakeVllm.InMemory().CreateAdapter());
        Recipe.Title("Does it fit?");
        await Plan(FakeVllm.InMemory(new FakeVllmOptions { ContextWindow = 60 }).CreateAdapter());
        Recipe.Title("A document longer than the window");
        await LongDocument(
            FakeVllm.InMemory(new FakeVllmOptions { ContextWindow = 300 }, Script.Model.Says("They are calm.")).CreateAdapter(),
            string.Concat(Enumerable.Repeat("Llamas are calm. ", 200)));
    }

    private static async Task Lora(VllmInferenceAdapter adapter)
    {
        // <lora>
        await adapter.Server.LoadLoraAsync("tales", "/adapters/tales");      // a folder on the server
        foreach (ModelCard model in await adapter.Server.GetModelsAsync())
            Console.WriteLine(model.IsLora ? $"{model.Id}, made for {model.Parent}" : model.Id);
        Console.WriteLine(await adapter.CompleteChatAsync(ChatRequest.FromPrompt("Tell me a tale.") with { Model = "tales" }));
        await adapter.Server.UnloadLoraAsync("tales");
        // </lora>
    }

    private static async Task Tokens(VllmInferenceAdapter adapter)
    {
        var request = ChatRequest.FromPrompt("Tell me about llamas.");

        // <tokens>
        int text = (await adapter.Server.TokenizeAsync("Tell me about llamas.")).Count;
        int prompt = (await adapter.Server.TokenizeAsync(request)).Count;      // with chat template and tools
        // </tokens>
        Console.WriteLine($"{text} tokens of text, {prompt} of the prompt");
    }

    private static async Task Plan(VllmInferenceAdapter adapter)
    {
        // <plan>
        RequestPlan plan = await adapter.Server.PlanAsync(ChatRequest.FromPrompt("Tell me about llamas.") with { MaxTokens = 200 });
        Console.WriteLine(plan.Explain());
        if (plan.Fitted is { } fitted)                     // the request with max tokens that fit beside its prompt
            await adapter.CompleteChatAsync(fitted);
        // </plan>
    }

    private static async Task LongDocument(VllmInferenceAdapter adapter, string text)
    {
        // <document>
        ChatRequest Summary(string text) => ChatRequest.FromPrompt($"Summarize in 50 words:\n{text}") with { MaxTokens = 100 };
        int? piece = (await adapter.Server.PlanAsync(Summary(""))).Room - 100 - 20;      // 20: cut words may count a few tokens more
        while ((await adapter.Server.PlanAsync(Summary(text))).Room < 100)
        {
            TokenizeResult tokens = await adapter.Server.TokenizeAsync(text, new TokenizeOptions { AddSpecialTokens = false });
            var summaries = new List<string>();
            foreach (int[] ids in tokens.Ids.Chunk(piece!.Value))
                summaries.Add((await adapter.CompleteChatAsync(Summary(await adapter.Server.DetokenizeAsync(ids)))).Text);
            text = string.Join("\n", summaries);
        }
        Console.WriteLine(await adapter.CompleteChatAsync(Summary(text)));
        // </document>
    }
}

using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>Plain completions.</summary>
internal static class TextRecipes
{
    public static async Task RunAsync()
    {
        Recipe.Title("A text that goes on");
        await Completion(FakeVllm.InMemory(Script.Model.Says(" upon a time there was a llama.")).CreateAdapter());
        Recipe.Title("Several prompts and choices");
        await Several(FakeVllm.InMemory(Script.Model.Says(" went on.")).CreateAdapter());
        Recipe.Title("How likely is a given text?");
        await Scores(FakeVllm.InMemory(Script.Model.Says(" nothing")).CreateAdapter());
        Recipe.Title("A field that no property has");
        await Extra(FakeVllm.InMemory(
            Script.Event("""{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"length"}],"kv_transfer_params":{"remote_port":5600}}""").Done(),
            Script.Model.Says("Hi.")).CreateAdapter());
    }

    private static async Task Completion(VllmInferenceAdapter adapter)
    {
        // <completion>
        await foreach (TextChunk chunk in adapter.StreamTextAsync(TextRequest.FromPrompt("Once") with { MaxTokens = 200 }))
            Console.Write(chunk.Text);
        // </completion>
        Console.WriteLine();
    }

    private static async Task Several(VllmInferenceAdapter adapter)
    {
        // <several>
        var request = new TextRequest { Prompts = ["The llama", "The alpaca"], ChoiceCount = 2, MaxTokens = 50 };
        TextAnswer answer = await adapter.CompleteTextAsync(request);
        foreach (TextChoice choice in answer.Choices)
            Console.WriteLine($"{choice.PromptIndex}.{choice.ChoiceIndex}:{choice.Text} ({choice.Outcome?.Verdict})");
        // </several>
    }

    private static async Task Scores(VllmInferenceAdapter adapter)
    {
        // <scores>
        var given = new TextRequest { Prompts = ["Llamas are calm."], Echo = true, MaxTokens = 0, Logprobs = new() };
        TextAnswer scored = await adapter.CompleteTextAsync(given);
        double total = scored.Choices[0].Logprobs!.Skip(1).Sum(token => token.Logprob);     // nothing comes before the first token
        // </scores>
        Console.WriteLine($"{scored.Text} {total}");
    }

    private static async Task Extra(VllmInferenceAdapter adapter)
    {
        var question = ChatRequest.FromPrompt("Hello.");

        // <extra>
        ChatAnswer prefill = await adapter.CompleteChatAsync(question with { MaxTokens = 1 });
        if (prefill.Extra?.TryGetValue("kv_transfer_params", out var handOver) is true)
            await adapter.CompleteChatAsync(question with { Extra = new() { ["kv_transfer_params"] = System.Text.Json.Nodes.JsonObject.Create(handOver) } });
        // </extra>
        Console.WriteLine($"The prefill said {string.Join(", ", prefill.Extra!)}");
    }
}

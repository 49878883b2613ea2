using System.Text.Json.Nodes;
using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>How the next token is chosen, and how likely it was.</summary>
internal static class SamplingRecipes
{
    public static async Task RunAsync()
    {
        Recipe.Title("Sampling");
        await Sampling(FakeVllm.InMemory(Script.Model.Says("Tina", ",", " or", " Lola", ".")).CreateAdapter());
        Recipe.Title("Several answers");
        await Choices(FakeVllm.InMemory(Script.Model.Says("Tina.")).CreateAdapter());
        Recipe.Title("Log probabilities");
        await Logprobs(FakeVllm.InMemory(Script.Model.Says("Yes.")).CreateAdapter());
        Recipe.Title("A field that the library does not know");
        await Extra(FakeVllm.InMemory(Script.Model.Says("Hi.")).CreateAdapter());
    }

    private static async Task Sampling(VllmInferenceAdapter adapter)
    {
        // <sampling>
        var request = ChatRequest.FromPrompt("A name for a llama?") with
        {
            MaxTokens = 20,
            Sampling = new SamplingOptions { Temperature = 0.7, TopP = 0.9, Seed = 7, Stop = [","] },
        };
        ChatAnswer answer = await adapter.CompleteChatAsync(request);
        Console.WriteLine($"{answer.Text}: {answer.Outcome.Explain()}");
        // </sampling>
    }

    private static async Task Choices(VllmInferenceAdapter adapter)
    {
        // <choices>
        ChatAnswer answer = await adapter.CompleteChatAsync(ChatRequest.FromPrompt("A name for a llama?") with { ChoiceCount = 3 });
        foreach (ChatChoice choice in answer.Choices)
            Console.WriteLine($"{choice.Index}: {choice.Text}");
        // </choices>
    }

    private static async Task Logprobs(VllmInferenceAdapter adapter)
    {
        // <logprobs>
        var request = ChatRequest.FromPrompt("Do llamas spit?") with { Logprobs = new LogprobOptions { TopLogprobs = 3 } };
        foreach (TokenLogprob token in (await adapter.CompleteChatAsync(request)).Choices[0].Logprobs ?? [])
            Console.WriteLine($"{token.Token} {Math.Exp(token.Logprob):P0}, out of {string.Join(", ", token.Top.Select(top => top.Token))}");
        // </logprobs>
    }

    private static async Task Extra(VllmInferenceAdapter adapter)
    {
        // <extra>
        var request = ChatRequest.FromPrompt("Hello.") with { Extra = new JsonObject { ["cache_salt"] = "tenant-7" } };
        // </extra>
        Console.WriteLine(await adapter.CompleteChatAsync(request));
    }
}

using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>Conversations that outlive the program, and answers that go on.</summary>
internal static class HistoryRecipes
{
    public static async Task RunAsync()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.json");

        Recipe.Title("Save and load");
        await Save(FakeVllm.InMemory(Script.Model.Says("In the Andes.")).CreateAdapter(), path);
        File.Delete(path);

        Recipe.Title("Go on with a cut answer");
        await GoOn(FakeVllm.InMemory(
            Script.Model.Says("Llamas", " are", " calm", " pack", " animals", " of", " the", " Andes", "."), Script.Model.Says(" pack", " animals", ".")).CreateAdapter());
    }

    private static async Task Save(VllmInferenceAdapter adapter, string path)
    {
        var chat = ChatRequest.FromPrompt("Where do llamas live?");
        chat = chat.With(await adapter.CompleteChatAsync(chat));

        // <save>
        await File.WriteAllTextAsync(path, chat.ToJson());
        ChatRequest loaded = ChatRequest.Parse(await File.ReadAllTextAsync(path));
        // </save>
        Console.WriteLine(loaded.ToJson());
    }

    private static async Task GoOn(VllmInferenceAdapter adapter)
    {
        // <go-on>
        var request = ChatRequest.FromPrompt("Tell me about llamas.") with { MaxTokens = 3 };
        ChatAnswer answer = await adapter.CompleteChatAsync(request);
        Console.WriteLine($"{answer.Outcome.Verdict}: {answer.Text}");
        if (answer.Outcome.Verdict == StreamVerdict.LengthLimited)
        {
            ChatAnswer rest = await adapter.CompleteChatAsync((request with { MaxTokens = 500 }).Continuing(answer));
            Console.WriteLine($"{rest.Outcome.Verdict}: {answer.Text}{rest.Text}");
        }
        // </go-on>
    }
}

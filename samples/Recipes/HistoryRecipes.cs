using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>Conversations that outlive the program, and answers that do not come to their end.</summary>
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

        Recipe.Title("An answer that breaks off");
        await Broken(FakeVllm.InMemory(Script.Says("Llamas", " are").Cuts()).CreateAdapter());

        Recipe.Title("Cancel");
        await Cancel(FakeVllm.InMemory(Script.Says("Llamas", " are", " calm").GoesSilent()).CreateAdapter());
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

    private static async Task Broken(VllmInferenceAdapter adapter)
    {
        // <broken>
        try
        {
            Console.WriteLine(await adapter.CompleteChatAsync("Tell me about llamas."));
        }
        catch (IncompleteStreamException broken)
        {
            Console.WriteLine($"Half an answer: {broken.Received.Text}");
            Console.WriteLine(broken.Message);
        }
        catch (VllmRequestException refused)
        {
            Console.WriteLine($"No answer ({refused.Failure}): {refused.Message}");
        }
        // </broken>
    }

    private static async Task Cancel(VllmInferenceAdapter adapter)
    {
        using var userCancels = new CancellationTokenSource();

        // <cancel>
        ChatStream stream = adapter.StreamChatAsync("Tell me about llamas.", userCancels.Token);
        try
        {
            await foreach (ChatChunk chunk in stream)
            {
                Console.Write(chunk.Text);
                if (chunk.Text.Contains("calm", StringComparison.Ordinal))
                    await userCancels.CancelAsync();       // what the button in your window does
            }
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine($" - {stream.Outcome.Verdict}");
        }
        // </cancel>
    }
}

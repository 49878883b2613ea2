using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>Answers that break off, that somebody cancels, or of which a part is enough.</summary>
internal static class EndingRecipes
{
    public static async Task RunAsync()
    {
        Recipe.Title("An answer that breaks off");
        await Broken(FakeVllm.InMemory(Script.Says("Llamas", " are").Cuts()).CreateAdapter());

        Recipe.Title("Cancel");
        await Cancel(FakeVllm.InMemory(Script.Says("Llamas", " are", " calm").GoesSilent()).CreateAdapter());

        Recipe.Title("A policy of your own");
        await Preview(FakeVllm.InMemory(Script.Model.Says([.. Enumerable.Repeat("Llamas are calm. ", 20)])).CreateAdapter());
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

    private static async Task Preview(VllmInferenceAdapter adapter)
    {
        // <preview>
        ChatRequest request = ChatRequest.FromPrompt("Tell me about llamas.") with
        {
            Termination = Termination.FirstOf(Termination.Default, new EnoughForAPreview(characters: 40)),
        };
        ChatAnswer answer = await adapter.CompleteChatAsync(request);      // StoppedByPolicy does not throw: what came is good
        // </preview>
        Console.WriteLine(answer.Outcome.Explain());
    }
}

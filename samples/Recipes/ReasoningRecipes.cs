using VllmAdapter;
using VllmAdapter.Diagnostics;
using VllmAdapter.Testing;

/// <summary>What a model thinks before it answers.</summary>
internal static class ReasoningRecipes
{
    public static async Task RunAsync()
    {
        Recipe.Title("Reasoning");
        await Reasoning(FakeVllm.InMemory(Script.Model.Reasons("6 x 7.").Says("42.")).CreateAdapter());
        Recipe.Title("All of it was reasoning");
        await OnlyReasoning(FakeVllm.InMemory(Script.Model.Reasons("First", " I", " take", " six", " and", " then")).CreateAdapter());
    }

    private static async Task Reasoning(VllmInferenceAdapter adapter)
    {
        // <reasoning>
        var request = ChatRequest.FromPrompt("What is 6 x 7?") with { Reasoning = new ReasoningSettings { Effort = ReasoningLevel.Low } };
        await foreach (ChatChunk chunk in adapter.StreamChatAsync(request))
            Console.Write(chunk.Reasoning.Length > 0 ? $"[{chunk.Reasoning}]" : chunk.Text);
        // </reasoning>
        Console.WriteLine();
    }

    private static async Task OnlyReasoning(VllmInferenceAdapter adapter)
    {
        // <only-reasoning>
        ChatAnswer answer = await adapter.CompleteChatAsync(ChatRequest.FromPrompt("What is 6 x 7?") with { MaxTokens = 5 });
        if (answer.Outcome.Notes.Any(note => note.Kind == OutcomeNoteKind.AllReasoning))
            Console.WriteLine($"No answer: {answer.Outcome.Explain()}");
        // </only-reasoning>
    }
}

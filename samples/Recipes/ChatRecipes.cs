using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>Questions, conversations, and what else a model says.</summary>
internal static class ChatRecipes
{
    public static async Task RunAsync()
    {
        await Recipe.ShowAsync("An adapter", Address);
        await Recipe.ShowAsync("Stream an answer", Stream, Script.Model.Says("Llamas", " are", " calm."));

        Console.SetIn(new StringReader("Where do llamas live?\nAnd what do they eat there?\n"));
        await Recipe.ShowAsync("A conversation", Conversation, Script.Model.Says("In the Andes."), Script.Model.Says("Grass."));

        byte[] png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.png");
        await File.WriteAllBytesAsync(path, png);
        await Recipe.ShowAsync("Pictures, audio, video", adapter => Pictures(adapter, path, png), Script.Model.Says("The first."));
        File.Delete(path);
        await Recipe.ShowAsync("Reasoning", Reasoning, Script.Model.Reasons("6 x 7.").Says("42."));
        await Recipe.ShowAsync("Several answers", Choices, Script.Model.Says("Tina."));
        await Recipe.ShowAsync("Log probabilities", Logprobs, Script.Model.Says("Yes."));
        await Recipe.ShowAsync("A policy of your own", Preview, Script.Model.Says([.. Enumerable.Repeat("Llamas are calm. ", 20)]));
    }

    private static Task Address()
    {
        // <adapter>
        var adapter = new VllmInferenceAdapter("http://localhost:8000", new VllmAdapterOptions { Model = "granite" });
        // </adapter>
        Console.WriteLine($"{adapter.Model} at {adapter.Endpoint}");
        return Task.CompletedTask;
    }

    private static async Task Stream(VllmInferenceAdapter adapter)
    {
        // <stream>
        await foreach (ChatChunk chunk in adapter.StreamChatAsync("Tell me about llamas."))
            Console.Write(chunk.Text);
        // </stream>
        Console.WriteLine();
    }

    private static async Task Conversation(VllmInferenceAdapter adapter)
    {
        // <conversation>
        var chat = new ChatRequest { Messages = [VllmMessage.System("Answer in one sentence.")] };
        while (Console.ReadLine() is { Length: > 0 } question)
        {
            ChatStream stream = adapter.StreamChatAsync(chat = chat.With(VllmMessage.User(question)));
            await foreach (ChatChunk chunk in stream)
                Console.Write(chunk.Text);
            Console.WriteLine();
            chat = chat.With(stream.Answer);
        }
        // </conversation>
    }

    private static async Task Pictures(VllmInferenceAdapter adapter, string path, byte[] png)
    {
        // <pictures>
        ContentPart file = await ContentPart.ImageFromFileAsync(path);
        ContentPart bytes = ContentPart.Image(png, "image/png");
        ContentPart address = ContentPart.Image(new Uri("https://example.org/llama.jpg"));      // fetched by the server
        var request = new ChatRequest { Messages = [VllmMessage.User("Which llama is calmer?", file, bytes, address)] };
        Console.WriteLine(await adapter.CompleteChatAsync(request));
        // </pictures>
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

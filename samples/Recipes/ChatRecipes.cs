using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>Questions and conversations.</summary>
internal static class ChatRecipes
{
    public static async Task RunAsync()
    {
        Recipe.Title("An adapter");
        Address();
        Recipe.Title("Stream an answer");
        await Stream(FakeVllm.InMemory(Script.Model.Says("Llamas", " are", " calm.")).CreateAdapter());

        Recipe.Title("A conversation");
        Console.SetIn(new StringReader("Where do llamas live?\nAnd what do they eat there?\n"));
        await Conversation(FakeVllm.InMemory(Script.Model.Says("In the Andes."), Script.Model.Says("Grass.")).CreateAdapter());

        Recipe.Title("Pictures, audio, video");
        byte[] png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.png");
        await File.WriteAllBytesAsync(path, png);
        await Pictures(FakeVllm.InMemory(Script.Model.Says("The first.")).CreateAdapter(), path, png);
        File.Delete(path);

        Recipe.Title("Many prompts at once");
        await ManyPrompts(
            FakeVllm.InMemory(Script.Model.Says("Calm.")).CreateAdapter(),
            [.. Enumerable.Range(1, 5).Select(number => $"Describe llama {number} in a word.")]);
    }

    private static void Address()
    {
        // <adapter>
        var adapter = new VllmInferenceAdapter("http://localhost:8000", new VllmAdapterOptions { Model = "granite" });
        // </adapter>
        Console.WriteLine($"{adapter.Model} at {adapter.Endpoint}");
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

    private static async Task ManyPrompts(VllmInferenceAdapter adapter, string[] prompts)
    {
        // <many>
        await foreach (ChatResult result in adapter.CompleteManyAsync(prompts.Select(ChatRequest.FromPrompt), maxParallel: 32))
            Console.WriteLine($"{prompts[result.Index]} {result.Answer?.Text ?? result.Failure!.Message}");
        // </many>
    }
}

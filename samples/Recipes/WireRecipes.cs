using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>What goes over the wire: any route, images that are sent once, fields that not every server knows.</summary>
internal static class WireRecipes
{
    public static async Task RunAsync()
    {
        Recipe.Title("Any route");
        await Events(FakeVllm.InMemory(Script.Model.Says("Calm.")).CreateAdapter());
        Recipe.Title("Images are sent once");
        await Pictures(FakeVllm.InMemory(Script.Model.Says("A llama.")).CreateAdapter(options => options.SendImagesOnce = true), new byte[100]);
        Recipe.Title("Fields that a server does not know");
        OlderServers();
    }

    private static async Task Events(VllmInferenceAdapter adapter)
    {
        // <events>
        var body = new JsonObject { ["stream"] = true, ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "How are llamas?" }) };
        await foreach (SseItem<string> item in adapter.Routes.StreamEventsAsync("/v1/chat/completions", body))
            Console.WriteLine($"{item.EventType}: {item.Data.Length} characters");
        // </events>
    }

    private static async Task Pictures(VllmInferenceAdapter adapter, byte[] photo)
    {
        // <pictures>
        string id = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(photo));
        ChatRequest chat = new() { Messages = [VllmMessage.User("What is it?", ContentPart.Image(photo, "image/png") with { Uuid = id })] };
        chat = chat.With(await adapter.CompleteChatAsync(chat));                                  // sends the picture
        Console.WriteLine(await adapter.CompleteChatAsync(chat.With(VllmMessage.User("How old?"))));      // sends its id
        // </pictures>
    }

    private static void OlderServers()
    {
        // <unknown>
        var options = new VllmAdapterOptions { UnknownFields = UnknownFieldBehavior.Refuse };
        // </unknown>
        Console.WriteLine(options.UnknownFields);
    }
}

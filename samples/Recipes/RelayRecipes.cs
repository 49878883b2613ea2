using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization;
using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>A stream that goes on to a browser, with the verdict at its end.</summary>
internal static class RelayRecipes
{
    public static async Task RunAsync()
    {
        Recipe.Title("The verdict for the browser");
        await Ask("a complete answer", FakeVllm.InMemory(Script.Says("Llamas", " are calm.").Finishes("stop").Uses(prompt: 8, completion: 4).Done()));
        await Ask("a broken one", FakeVllm.InMemory(Script.Says("Llamas", " are").Cuts()));
        await Ask("a refusal", FakeVllm.InMemory(Script.Refuses(503, "The model is still being loaded.")));
    }

    private static async Task Ask(string what, FakeVllm vllm)
    {
        WebApplicationBuilder builder = HostRecipes.NewBuilder();
        builder.Services.AddVllmAdapter(options => (options.Endpoint, options.Resilience.MaxAttempts) = (vllm.Endpoint, 1))
            .HttpClient.ConfigurePrimaryHttpMessageHandler(vllm.CreateHandler);
        await using WebApplication app = builder.Build();

        // <map>
        app.MapGet("/ask", (string question, VllmInferenceAdapter adapter, CancellationToken browserLeaves) =>
            TypedResults.ServerSentEvents(Relay.AnswerAsync(adapter, question, browserLeaves)));
        // </map>

        await app.StartAsync();
        Console.WriteLine($"-- {what}");
        using var browser = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        Console.Write(await browser.GetStringAsync("/ask?question=How"));
        await app.StopAsync();
    }
}

// <relay>
internal static class Relay
{
    public static async IAsyncEnumerable<SseItem<string>> AnswerAsync(
        IVllmChat chat, string question, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken browserLeaves)
    {
        // Report: the last chunk says how the answer ended, whatever that was, instead of an exception that the browser cannot see.
        ChatStream stream = chat.StreamChatAsync(
            ChatRequest.FromPrompt(question) with { OnIncompleteStream = IncompleteStreamBehavior.Report }, browserLeaves);
        await using IAsyncEnumerator<ChatChunk> chunks = stream.GetAsyncEnumerator(browserLeaves);
        while (true)
        {
            string? refusal = null;
            try
            {
                if (!await chunks.MoveNextAsync())
                    break;
            }
            catch (VllmRequestException refused)
            {
                refusal = refused.Message;
            }

            if (refusal is not null)
            {
                yield return new SseItem<string>(JsonSerializer.Serialize(refusal), "refused");
                yield break;
            }

            if (chunks.Current.Text.Length > 0)
                yield return new SseItem<string>(JsonSerializer.Serialize(chunks.Current.Text), "text");
        }

        var end = new AnswerEnd(stream.Outcome.Verdict, stream.Outcome.IsComplete, stream.Outcome.Explain());
        yield return new SseItem<string>(JsonSerializer.Serialize(end, JsonSerializerOptions.Web), "end");
    }
}

/// <summary>How an answer ended, for the page.</summary>
internal sealed record AnswerEnd([property: JsonConverter(typeof(JsonStringEnumConverter<StreamVerdict>))] StreamVerdict Verdict, bool IsComplete, string Explanation);
// </relay>

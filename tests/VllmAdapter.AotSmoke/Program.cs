// Publishes the libraries as native code, and does with them what users do: dotnet publish -c Release, run, 0 is good.
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using VllmAdapter;
using VllmAdapter.AotSmoke;
using VllmAdapter.Extensions.AI;

using var server = new CannedServer();
IConfiguration settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
{
    ["Endpoint"] = server.Endpoint.ToString(),
    ["Model"] = "granite",
    ["TimeLimits:FirstChunk"] = "00:01:00",
}).Build();
await using ServiceProvider services = new ServiceCollection().AddVllmAdapter(settings).Services.BuildServiceProvider();
var adapter = services.GetRequiredService<VllmInferenceAdapter>();
var failures = new List<string>();

Tool weather = Tool.From("get_weather", "Weather of a city.", SmokeJson.Default.Question, question => $"Sunny in {question.City}.");
var request = new ChatRequest
{
    Messages = [VllmMessage.User("What is the weather in Paris?")],
    Tools = [weather.Definition],
    Output = StructuredOutput.JsonSchema("question", SmokeJson.Default.Question),
    MaxTokens = 200,
};

await CheckAsync("a streamed chat with a tool call", async () =>
{
    ChatStream stream = adapter.StreamChatAsync(request);
    await foreach (ChatChunk chunk in stream)
        Console.Write(chunk.Text);

    StreamOutcome outcome = stream.Outcome;
    Console.WriteLine();
    Console.WriteLine(outcome.Explain());
    Console.WriteLine(outcome.ToJson());
    return outcome is { Verdict: StreamVerdict.Completed, Usage.CompletionTokens: 20, ToolCalls: [{ Name: "get_weather", Arguments: "{\"city\": \"Paris\"}" }] }
        && stream.Answer.Text == "Let me see."
        && StreamOutcome.Parse(outcome.ToJson()).Verdict == StreamVerdict.Completed;
});
await CheckAsync("a loop of tools", async () =>
    await new ToolLoop(adapter, [weather]).CompleteAsync(request with { Output = null }) is { IsAnswered: true, Text: "It is sunny." });
await CheckAsync("a request that is saved and read again", () => Task.FromResult(ChatRequest.Parse(request.ToJson()) == request));
await CheckAsync("a completion", async () => (await adapter.CompleteTextAsync("A")).Text == " llama");
await CheckAsync("an embedding", async () => (await adapter.EmbedAsync("a llama")).Vectors[0].Span.SequenceEqual([0.5f, -0.25f]));
await CheckAsync("a ranking", async () => (await adapter.RerankAsync("q", ["a", "b"])).Results is [{ Index: 1, Document: "b", Score: 0.9 }, _]);
await CheckAsync("a transcription", async () => (await adapter.TranscribeAsync(AudioFile.FromBytes(new byte[44]))).Text == "Hello.");
await CheckAsync("the models", async () => await adapter.Server.GetModelsAsync() is [{ Id: "granite", ContextWindow: 4096 }]);
await CheckAsync("a chat client that runs functions", async () =>
{
    IChatClient client = adapter.AsIChatClient().AsBuilder().UseFunctionInvocation().Build();
    ChatResponse response = await client.GetResponseAsync("How is the weather in Paris?", new ChatOptions { Tools = [weather.AsAIFunction()] });
    return response.Text.EndsWith("It is sunny.", StringComparison.Ordinal);
});

Console.WriteLine(failures.Count == 0 ? "Good." : string.Join(Environment.NewLine, failures));
return failures.Count;

async Task CheckAsync(string what, Func<Task<bool>> isGood)
{
    try
    {
        if (!await isGood())
            failures.Add($"{what}: not what the server sent");
    }
    catch (Exception failure)
    {
        failures.Add($"{what}: {failure}");
    }
}

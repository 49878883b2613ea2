// Publishes the whole library as native code, and streams one answer with it: dotnet publish -c Release, run, 0 is good.
using Microsoft.Extensions.DependencyInjection;
using VllmAdapter;
using VllmAdapter.AotSmoke;

using var server = new CannedServer();
await using ServiceProvider services = new ServiceCollection()
    .AddVllmAdapter(o => (o.Endpoint, o.Model) = (server.Endpoint, "granite")).Services
    .BuildServiceProvider();

var request = new ChatRequest
{
    Messages = [Message.User("What is the weather in Paris?")],
    Tools = [new ToolDefinition("get_weather")],
    MaxTokens = 200,
};
ChatStream stream = services.GetRequiredService<VllmInferenceAdapter>().StreamChatAsync(request);
await foreach (ChatChunk chunk in stream)
    Console.Write(chunk.Text);

StreamOutcome outcome = stream.Outcome;
Console.WriteLine();
Console.WriteLine(outcome.Explain());
Console.WriteLine(outcome.ToJson());

bool isGood = outcome is { Verdict: StreamVerdict.Completed, Usage.CompletionTokens: 20 }
    && stream.Completion.Text == "Let me see."
    && outcome.ToolCalls is [{ Name: "get_weather", Arguments: "{\"city\": \"Paris\"}" }];
Console.WriteLine(isGood ? "Good." : "Not what the server sent.");
return isGood ? 0 : 1;

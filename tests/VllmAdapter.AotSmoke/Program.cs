// Publishes the whole library as native code, and streams one answer with it: dotnet publish -c Release, run, 0 is good.
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using VllmAdapter;
using VllmAdapter.AotSmoke;

using var server = new CannedServer();
IConfiguration settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
{
    ["Endpoint"] = server.Endpoint.ToString(),
    ["Model"] = "granite",
    ["LearnContextWindow"] = "false", // the server answers one connection
    ["TimeLimits:FirstChunk"] = "00:01:00",
}).Build();
await using ServiceProvider services = new ServiceCollection().AddVllmAdapter(settings).Services.BuildServiceProvider();
Tool weather = Tool.From("get_weather", "Weather of a city.", SmokeJson.Default.Question, question => $"Sunny in {question.City}.");

var request = new ChatRequest
{
    Messages = [VllmMessage.User("What is the weather in Paris?")],
    Tools = [weather.Definition],
    Output = StructuredOutput.JsonSchema("question", SmokeJson.Default.Question),
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
    && stream.Answer.Text == "Let me see."
    && outcome.ToolCalls is [{ Name: "get_weather", Arguments: "{\"city\": \"Paris\"}" }]
    && await weather.RunAsync(outcome.ToolCalls[0]) == "Sunny in Paris.";
Console.WriteLine(isGood ? "Good." : "Not what the server sent.");
return isGood ? 0 : 1;

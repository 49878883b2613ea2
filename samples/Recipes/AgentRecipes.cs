using System.ComponentModel;
using VllmAdapter;
using VllmAdapter.Agents;
using VllmAdapter.Testing;

/// <summary>Models that call code.</summary>
internal static class AgentRecipes
{
    public static async Task RunAsync()
    {
        await Recipe.ShowAsync("Tools made of methods", Tools, CallingOnce());
        await Recipe.ShowAsync("Tools in a loop of your own", ByHand, CallingOnce());
        await Recipe.ShowAsync("An agent with a budget", WithinABudget, CallingOnce());
    }

    private static FakeVllm CallingOnce() => FakeVllm.InMemory(
        Script.Model.Calls("get_weather", """{"city":"Paris","unit":"Celsius"}"""), Script.Model.Says("20 degrees."));

    private static async Task Tools(VllmInferenceAdapter adapter)
    {
        // <tools>
        Tool weather = Tool.From("get_weather", "The weather of a city.",
            ([Description("Such as Paris")] string city, Unit unit, int days = 1) => Weather.OfAsync(city, unit, days));
        ToolLoopResult result = await new ToolLoop(adapter, [weather]).CompleteAsync(ChatRequest.FromPrompt("How warm is it in Paris?"));
        Console.WriteLine(result.IsAnswered ? result.Text : result.Explain());
        // </tools>
    }

    private static async Task ByHand(VllmInferenceAdapter adapter)
    {
        // <by-hand>
        var weather = new ToolDefinition("get_weather", "The weather of a city.",
            """{ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] }""");
        var request = ChatRequest.FromPrompt("How warm is it in Paris?") with { Tools = [weather] };
        ChatAnswer answer = await adapter.CompleteChatAsync(request);
        for (int turn = 1; answer.ToolCalls.Count > 0 && turn < 8; turn++)
        {
            var results = new List<ToolMessage>();
            foreach (ToolCall call in answer.ToolCalls)
            {
                string result = call.Problems is [] ? await Weather.OfAsync(call.ArgumentsAs<Place>()!.City) : string.Join(" ", call.Problems);
                results.Add(VllmMessage.Tool(call.Id, result));
            }
            answer = await adapter.CompleteChatAsync(request = request.With(answer, results));
        }
        Console.WriteLine(answer.Text);
        // </by-hand>
    }

    private static async Task WithinABudget(VllmInferenceAdapter adapter)
    {
        Tool[] tools = [Tool.From("get_weather", "The weather of a city.", (string city) => $"20 degrees in {city}")];

        // <budget>
        var budget = new TokenBudget(new BudgetLimits { Total = 5_000, Turns = 8 });
        var loop = new ToolLoop(adapter, tools, new ToolLoopOptions().CountingWith(adapter.Server));      // a prompt that does not fit is not sent
        ToolLoopResult result = await loop.CompleteAsync(ChatRequest.FromPrompt("How warm is it in Paris?"), budget);
        Console.WriteLine(result.IsAnswered ? result.Text : result.Explain());
        Console.WriteLine(budget.Check().Explain());
        // </budget>
    }
}

internal sealed record Place(string City);

internal enum Unit
{
    Celsius = 1,
    Fahrenheit,
}

internal static class Weather
{
    public static Task<string> OfAsync(string city, Unit unit = Unit.Celsius, int days = 1) => Task.FromResult($"20 degrees {unit} in {city} for {days} days");
}

using System.ComponentModel;
using VllmAdapter;
using VllmAdapter.Agents;

/// <summary>Models that call code.</summary>
internal static class AgentRecipes
{
    public static async Task RunAsync()
    {
        Recipe.Title("Tools made of methods");
        await Tools(Weather.AskedOnce());
        Recipe.Title("Watch a run");
        await Watch(Weather.AskedOnce());
        Recipe.Title("An agent with a budget");
        await WithinABudget(Weather.AskedOnce());
    }

    private static async Task Tools(VllmInferenceAdapter adapter)
    {
        // <tools>
        Tool weather = Tool.From("get_weather", "The weather of a city.",
            ([Description("Such as Paris")] string city, Unit unit, int days = 1) => Weather.OfAsync(city, unit, days));
        ToolLoopResult result = await new ToolLoop(adapter, [weather]).CompleteAsync(ChatRequest.FromPrompt("How warm is it in Paris?"));
        Console.WriteLine(result.IsAnswered ? result.Text : result.Explain());
        // </tools>
    }

    private static async Task Watch(VllmInferenceAdapter adapter)
    {
        Tool weather = Tool.From("get_weather", "The weather of a city.", (string city, Unit unit) => Weather.OfAsync(city, unit));

        // <watch>
        await foreach (ToolLoopEvent step in new ToolLoop(adapter, [weather]).RunAsync(ChatRequest.FromPrompt("How warm is it in Paris?")))
        {
            switch (step)
            {
                case ChunkReceived { Text.Length: > 0 } chunk: Console.WriteLine($"text: {chunk.Text}"); break;
                case CallsReady ready: Console.WriteLine($"calls: {string.Join(", ", ready.Calls.Select(call => call.Name + call.Arguments))}"); break;
                case CallFinished call: Console.WriteLine($"result: {call.Content}"); break;
                case TurnEnded turn: Console.WriteLine($"turn: {turn.Outcome.Explain()}"); break;
                case RunEnded end: Console.WriteLine($"end: {end.Result.Explain()}"); break;
            }
        }
        // </watch>
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

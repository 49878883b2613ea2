using System.ComponentModel;
using VllmAdapter;
using VllmAdapter.Agents;
using VllmAdapter.Testing;

/// <summary>Models that call code.</summary>
internal static class AgentRecipes
{
    public static async Task RunAsync()
    {
        Recipe.Title("Tools made of methods");
        await Tools(CallingOnce());
        Recipe.Title("Watch a run");
        await Watch(CallingOnce());
        Recipe.Title("Ask before a call");
        await Approval(FakeVllm.InMemory(
            Script.Model.Calls("pay", """{"amount":120}"""), Script.Model.Says("I did not pay.")).CreateAdapter());
        Recipe.Title("Half a call");
        await Half(FakeVllm.InMemory(Script.Replays(RecordedStreams.CutCallThatLooksWhole)).CreateAdapter());
        Recipe.Title("Tools in a loop of your own");
        await ByHand(CallingOnce());
        Recipe.Title("An agent with a budget");
        await WithinABudget(CallingOnce());
    }

    private static VllmInferenceAdapter CallingOnce() => FakeVllm.InMemory(
        Script.Model.Calls("get_weather", """{"city":"Paris","unit":"Celsius"}"""), Script.Model.Says("20 degrees.")).CreateAdapter();

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

    private static async Task Approval(VllmInferenceAdapter adapter)
    {
        static Task<bool> AskAsync(string question, CancellationToken cancellationToken)
        {
            Console.WriteLine($"{question} No.");
            return Task.FromResult(false);
        }

        Tool pay = Tool.From("pay", "Pays an amount in euros.", (decimal amount) => $"Paid {amount}.");

        // <approval>
        var loop = new ToolLoop(adapter, [pay], new ToolLoopOptions
        {
            BeforeCall = async (call, cancellationToken) => call.Name != "pay" || await AskAsync($"Pay {call.Arguments}?", cancellationToken)
                ? CallDecision.Run
                : CallDecision.Refuse("The user did not allow it."),
        });
        Console.WriteLine((await loop.CompleteAsync(ChatRequest.FromPrompt("Pay the bill."))).Text);
        // </approval>
    }

    private static async Task Half(VllmInferenceAdapter adapter)
    {
        var save = new ToolDefinition("save_plan", "Saves a plan.", """{ "type": "object", "properties": { "title": { "type": "string" } } }""");

        // <withheld>
        var request = ChatRequest.FromPrompt("Save a plan.") with { Tools = [save], MaxTokens = 22 };
        ChatAnswer answer = await adapter.CompleteChatAsync(request);
        Console.WriteLine($"{answer.ToolCalls.Count} calls to run. {answer.Outcome.Explain()}");
        foreach (WithheldToolCall call in answer.Outcome.WithheldToolCalls)
            Console.WriteLine($"{call.Name} {call.RawArguments}");
        // </withheld>
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

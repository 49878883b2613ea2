using VllmAdapter;
using VllmAdapter.Agents;
using VllmAdapter.Testing;

/// <summary>Calls that somebody looks at before they are run.</summary>
internal static class CallRecipes
{
    public static async Task RunAsync()
    {
        Recipe.Title("Ask before a call");
        await Approval(FakeVllm.InMemory(
            Script.Model.Calls("pay", """{"amount":120}"""), Script.Model.Says("I did not pay.")).CreateAdapter());
        Recipe.Title("Half a call");
        await Half(FakeVllm.InMemory(Script.Replays(RecordedStreams.CutCallThatLooksWhole)).CreateAdapter());
        Recipe.Title("Tools in a loop of your own");
        await ByHand(Weather.AskedOnce());
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
}

// An agent whose server does not say how its stream ended. The call is whole, so it is run, and the agent goes on to its answer.
// Then a server that closes a cut call into valid JSON: it looks whole, but the token count shows the cut, so it is not run.
using System.ComponentModel;
using VllmAdapter;
using VllmAdapter.Agents;
using VllmAdapter.Testing;

Tool[] tools =
[
    Tool.From("get_random_number", "Returns a random number.", () => "4"),
    Tool.From("save_plan", "Saves a plan.", ([Description("What the plan is called")] string title) => $"Saved {title}."),
];

return await Sample.RunAsync(args, """
    ToolAgent [ADDRESS [MODEL]]

    An agent with two tools, which prints every step. Without arguments it reads recorded vLLM 0.8.5 streams and needs no server.
    ADDRESS is that of a real server, started with a tool parser, MODEL one of its models. VLLM_API_KEY holds its key, if it wants one.

        dotnet run --project samples/ToolAgent http://localhost:8000
    """, RunAsync, values: 2);

async Task RunAsync()
{
    if (args is [var address, ..])
    {
        var options = new VllmAdapterOptions { Model = args.ElementAtOrDefault(1), ApiKey = Sample.ApiKey };
        await AskAsync("A real server", new VllmInferenceAdapter(address, options), maxTokens: 500);
        return;
    }

    ScriptedReply answer = Script.Says("Your random number", " is 4.").Finishes("stop").Uses(prompt: 160, completion: 7).Done();
    using var forgetful = FakeVllm.InMemory(Script.Replays(RecordedStreams.StoryWithoutFinishReason), answer);
    await AskAsync("The finish reason is missing", forgetful.CreateAdapter(), maxTokens: 200);

    using var closing = FakeVllm.InMemory(Script.Replays(RecordedStreams.CutCallThatLooksWhole));
    await AskAsync("Max tokens cut the call", closing.CreateAdapter(), maxTokens: 22);
}

async Task AskAsync(string title, VllmInferenceAdapter adapter, int maxTokens)
{
    Console.WriteLine($"== {title}");
    var loop = new ToolLoop(adapter, tools);
    var budget = new TokenBudget(2_000);
    var request = new ChatRequest { Messages = [VllmMessage.User("Give me a random number, please.")], MaxTokens = maxTokens };

    await foreach (ToolLoopEvent step in loop.RunAsync(request, budget))
    {
        string? line = step switch
        {
            ChunkReceived chunk => chunk.Text.Length > 0 ? $"  text     {chunk.Text}" : null,
            TurnEnded turn => $"  turn     {turn.Outcome.Certainty}: {turn.Outcome.Explain()}\n  budget   {budget.Check().Explain()}",
            CallsReady ready => $"  ready    {string.Join(", ", ready.Calls.Select(call => $"{call.Name}({call.Arguments})"))}",
            CallFinished call => $"  result   {call.Content}",
            CorrectionSent told => $"  told     {told.Text}",
            RunEnded end => $"  end      {end.Result.Verdict}: {end.Result.Explain()}\n  answer   {(end.Result.Text.Length > 0 ? end.Result.Text : "none")}\n",
            _ => null,
        };
        if (line is not null)
            Console.WriteLine(line);
    }
}

using VllmAdapter;
using VllmAdapter.Diagnostics;
using VllmAdapter.Testing;

return await Sample.RunAsync(args, """
    QuickStart [ADDRESS [MODEL]]

    Streams an answer and says how it ended. Without arguments it asks a scripted vLLM and a recorded one, and needs no server.
    ADDRESS is that of a real server, MODEL one of its models. VLLM_API_KEY holds the server's key, if it wants one.

        dotnet run --project samples/QuickStart http://localhost:8000 granite
    """, RunAsync, values: 2);

async Task RunAsync()
{
    if (args is [var address, ..])
    {
        await TellAboutLlamas(address, args.ElementAtOrDefault(1));
        return;
    }

    await using (FakeVllm vllm = await FakeVllm.StartAsync(
        Script.Model.Says("Llamas", " are", " calm", " pack", " animals", " of", " the", " Andes", ".")))
    {
        Console.WriteLine($"A scripted vLLM answers at {vllm.Endpoint}");
        await TellAboutLlamas(vllm.Endpoint.ToString(), model: null);
    }

    Console.WriteLine();
    Console.WriteLine("Now what vLLM 0.8.5 really sent for a tool without arguments: a call without argument text, and no finish reason.");
    await using (FakeVllm vllm = await FakeVllm.StartAsync(Script.Replays(RecordedStreams.StoryWithoutFinishReason)))
    {
        await CallATool(vllm.Endpoint);
    }
}

static async Task TellAboutLlamas(string address, string? model)
{
    // <stream>
    var adapter = new VllmInferenceAdapter(address, new VllmAdapterOptions { Model = model, ApiKey = Sample.ApiKey });

    await foreach (ChatChunk chunk in adapter.StreamChatAsync("Tell me about llamas."))
    {
        Console.Write(chunk.Text);
        if (chunk.Outcome is { } outcome)           // exactly once: on the last chunk
            Console.WriteLine($"\n{outcome.Explain()}");
    }
    // </stream>
}

static async Task CallATool(Uri endpoint)
{
    var adapter = new VllmInferenceAdapter(endpoint);

    // <tools>
    var budget = new TokenBudget(10_000);
    ChatAnswer answer = await adapter.CompleteChatAsync(new ChatRequest
    {
        Messages = [VllmMessage.User("Give me a random number, please.")],
        Tools = [new ToolDefinition("get_random_number", "Returns a random number.")],
        MaxTokens = 200,
    });

    StreamOutcome outcome = answer.Outcome;
    Console.WriteLine(outcome.Explain());                    // Unconfirmed: nobody declared the end, nothing speaks against it
    Console.WriteLine(budget.Record(outcome).Explain());     // the budget is not exhausted: 20 of 200 tokens
    foreach (ToolCall call in outcome.ToolCalls)             // whole, and shown not to be cut: safe to run
        Console.WriteLine($"ready: {call.Name} {call.Arguments}");

    foreach (WithheldToolCall call in outcome.WithheldToolCalls)
        Console.WriteLine(call.Explain());
    // </tools>

    StreamEvidence evidence = outcome.Evidence;
    Console.WriteLine(
        $"evidence: {evidence.Chunks} chunks; finish reasons declared: {evidence.Choices.Sum(choice => choice.Declared.Count)}; "
        + $"sentinel: {evidence.SentinelSeen}; body ended: {evidence.BodyEnd?.ToString() ?? "not read further"}; "
        + $"tokens: {evidence.Usage?.CompletionTokens} of {evidence.Request.MaxTokens}; terminated by: {outcome.TerminatedBy}");
}

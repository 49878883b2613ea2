// Tells what a server's streams say about their end, and what they leave out: what an application in front of it can rely on.
//
//     dotnet run --project samples/StreamDoctor                                  four streams recorded from real servers
//     dotnet run --project samples/StreamDoctor exchange.json...                 exchanges that RecordingHandler wrote
//     dotnet run --project samples/StreamDoctor http://localhost:8000 [model]    a real server, asked a few short questions
using StreamDoctor;
using VllmAdapter;
using VllmAdapter.Server;
using VllmAdapter.Testing;

if (args is [var address, ..] && Uri.TryCreate(address, UriKind.Absolute, out Uri? endpoint) && endpoint.Scheme is "http" or "https")
{
    var adapter = new VllmInferenceAdapter(endpoint, new VllmAdapterOptions
    {
        Model = args.ElementAtOrDefault(1),
        ApiKey = Environment.GetEnvironmentVariable("VLLM_API_KEY"),
        OnIncompleteStream = IncompleteStreamBehavior.Report,
    });
    await IntroduceAsync(adapter.Server);
    foreach ((string title, ChatRequest question) in Exam.Questions)
        await ExamineAsync(title, adapter, question);

    return;
}

RecordedExchange[] exchanges = args.Length > 0
    ? [.. args.Select(RecordedExchange.Load)]
    : [RecordedStreams.PlainStop, RecordedStreams.StoryWithoutFinishReason, RecordedStreams.CutCallThatLooksWhole, RecordedStreams.SilentAfterSigterm];

foreach (RecordedExchange exchange in exchanges)
{
    using FakeVllm recorded = FakeVllm.Replay(exchange);
    VllmInferenceAdapter adapter = recorded.CreateAdapter(options =>
    {
        options.OnIncompleteStream = IncompleteStreamBehavior.Report;
        options.TimeLimits.BetweenChunks = TimeSpan.FromSeconds(1);
    });
    await ExamineAsync(exchange.Name, adapter, Exam.Again(exchange));
}

static async Task IntroduceAsync(VllmServer server)
{
    try
    {
        ServerVersion version = await server.GetVersionAsync();
        foreach (ModelCard model in await server.GetModelsAsync())
            Console.WriteLine($"vLLM {version}: {model.Id}, a context window of {model.ContextWindow?.ToString() ?? "unknown"} tokens\n");
    }
    catch (VllmRequestException refused)
    {
        Console.WriteLine($"It does not introduce itself: {refused.Message}\n");
    }
}

static async Task ExamineAsync(string title, VllmInferenceAdapter adapter, ChatRequest question)
{
    Console.WriteLine($"== {title}");
    try
    {
        ChatAnswer answer = await adapter.CompleteChatAsync(question);
        foreach ((string name, string finding) in Findings.Of(answer.Outcome))
            Console.WriteLine($"   {name,-15}{finding}");
    }
    catch (VllmRequestException refused)
    {
        Console.WriteLine($"   {"refused",-15}{refused.Failure}: {refused.Message}");
    }

    Console.WriteLine();
}

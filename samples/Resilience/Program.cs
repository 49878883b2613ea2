// What goes wrong before and during a stream, and what becomes of it.
using VllmAdapter;
using VllmAdapter.Diagnostics;
using VllmAdapter.Server;
using VllmAdapter.Testing;

return await Sample.RunAsync(args, """
    Resilience

    Shows what becomes of a request that does not fit, and of a connection that breaks before and during the answer.
    It takes no arguments, reads no environment variables and needs no server: the replies are scripted.

        dotnet run --project samples/Resilience
    """, RunAsync);

static async Task RunAsync()
{
    ChatRequest request = ChatRequest.FromPrompt("Tell me about llamas.") with { OnIncompleteStream = IncompleteStreamBehavior.Report };

    Console.WriteLine("1. vLLM 0.8.5 refuses max tokens that do not fit beside the prompt. A plan knows it beforehand.");
    using (FakeVllm vllm = FakeVllm.InMemory(
        new FakeVllmOptions { Profile = VllmProfile.V0_8, ContextWindow = 100 }, Script.Model.Says("Llamas", " are", " calm", ".")))
    {
        VllmInferenceAdapter adapter = vllm.CreateAdapter();
        ChatRequest greedy = request with { MaxTokens = 100 };
        RequestPlan plan = await adapter.Server.PlanAsync(greedy);
        Console.WriteLine($"   plan      {plan.Explain()}");
        await TellAsync(adapter, greedy);
        await TellAsync(adapter, plan.Fitted!);
    }

    Console.WriteLine("2. The connection breaks before the first chunk: the request is sent again.");
    await TellTwiceAsync(request, Script.Resets(), Script.Says("Llamas", " are", " calm", ".").Finishes("stop").Uses(12, 4).Done());

    ScriptedReply half = Script.Says("Llamas", " are").CountsEveryChunk(prompt: 12).Resets();
    ScriptedReply rest = Script.Says(" calm", ".").Finishes("stop").Uses(14, 2).Done();

    Console.WriteLine("3. It breaks in the middle: nothing is sent again behind your back.");
    await TellTwiceAsync(request, half, rest);

    Console.WriteLine("4. It breaks in the middle, and the request asks for the rest.");
    await TellTwiceAsync(request with { Recovery = StreamRecovery.Continue() }, half, rest);
}

static async Task TellTwiceAsync(ChatRequest request, ScriptedReply first, ScriptedReply second)
{
    using FakeVllm vllm = FakeVllm.InMemory(first, second);
    await TellAsync(vllm.CreateAdapter(), request);
}

static async Task TellAsync(VllmInferenceAdapter adapter, ChatRequest request)
{
    try
    {
        ChatAnswer answer = await adapter.CompleteChatAsync(request);
        Console.WriteLine($"   answer    {answer.Text}");
        Console.WriteLine($"   outcome   {answer.Outcome.Explain()}");
        foreach (FailedAttempt failed in answer.Outcome.Evidence.FailedAttempts)
            Console.WriteLine($"   before    {failed.Reason}");
    }
    catch (VllmRequestException refused)
    {
        Console.WriteLine($"   refused   {refused.Failure}: {refused.Message}");
    }
}

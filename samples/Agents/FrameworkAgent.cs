using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using VllmAdapter;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;

/// <summary>An agent with a tool and a session, whose server does not say how its first turn ended; and an answer of a type, whole and cut.</summary>
internal static class FrameworkAgent
{
    public static async Task RunAsync()
    {
        using var vllm = FakeVllm.InMemory(
            Script.Replays(RecordedStreams.StoryWithoutFinishReason),
            Script.Says("Your random number", " is 4.").Finishes("stop").Uses(prompt: 160, completion: 7).Done(),
            Script.Says("""{"number":4,""", """ "isEven":true}""").Finishes("stop").Uses(prompt: 190, completion: 12).Done(),
            Script.Says("""{"number":4,""").Finishes("length").Uses(prompt: 210, completion: 5).Done());
        VllmInferenceAdapter adapter = vllm.CreateAdapter();

        // <agent>
        AIFunction random = AIFunctionFactory.Create(() => "4", "get_random_number", "Returns a random number.");
        AIAgent agent = adapter.PrintingTurns().AsAIAgent("You are brief.", tools: [random]);
        AgentSession session = await agent.CreateSessionAsync();

        AgentResponse answer = await agent.RunAsync("Give me a random number, please.", session);
        Console.WriteLine($"  answer   {answer.Messages[^1].Text} ({answer.FinishReason}, {answer.AdditionalProperties.GetStreamOutcome()!.Verdict})");
        // </agent>

        // <typed>
        foreach (string question in (string[])["Which number was it?", "And once more?"])
        {
            AgentResponse<Draw> typed = await agent.RunAsync<Draw>(question, session);
            Console.WriteLine(typed.FinishReason == ChatFinishReason.Length
                ? $"  cut      {typed.Text}"
                : $"  typed    {typed.Result}");
        }
        // </typed>
    }

    private sealed record Draw(int Number, bool IsEven);
}

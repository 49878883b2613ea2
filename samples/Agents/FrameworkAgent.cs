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
            Script.Says("Your random number", " is 4.").Finishes("stop").Uses(prompt: 320, completion: 7).Done(),
            Script.Says("""{"number":4,""", """ "isEven":true}""").Finishes("stop").Uses(prompt: 350, completion: 12).Done(),
            Script.Says("""{"number":4,""").Finishes("length").Uses(prompt: 380, completion: 5).Done());
        VllmInferenceAdapter adapter = vllm.CreateAdapter();

        // <agent>
        AIFunction random = AIFunctionFactory.Create(() => "4", "get_random_number", "Returns a random number.");
        var budget = new TokenBudget(1_300);
        AIAgent agent = adapter.PrintingTurns().UseTokenBudget(budget).AsAIAgent("You are brief.", tools: [random]);
        AgentSession session = await agent.CreateSessionAsync();

        AgentResponse answer = await agent.RunAsync("Give me a random number, please.", session);
        Console.WriteLine($"  answer   {answer.Messages[^1].Text} ({answer.FinishReason}, {answer.AdditionalProperties.GetStreamOutcome()!.Verdict})");
        // </agent>

        foreach (string question in (string[])["Which number was it?", "And once more?"])
        {
            // <typed>
            AgentResponse<Draw> typed = await agent.RunAsync<Draw>(question, session);
            bool isWhole = typed.AdditionalProperties.GetStreamOutcome()!.IsComplete;
            Console.WriteLine(isWhole ? $"  typed    {typed.Result}" : $"  cut      {typed.Text}");
            // </typed>
        }

        // <budget>
        AgentResponse refused = await agent.RunAsync("And again?", session);
        ErrorContent? why = refused.Messages.SelectMany(message => message.Contents).OfType<ErrorContent>().FirstOrDefault();
        Console.WriteLine(why?.ErrorCode == VllmChatClientExtensions.TokenBudgetErrorCode ? $"  budget   {why.Message}" : $"  answer   {refused.Text}");
        // </budget>
    }

    private sealed record Draw(int Number, bool IsEven);
}

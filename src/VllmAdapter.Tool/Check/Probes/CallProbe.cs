using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Check;

/// <summary>Asks for a call, streamed and whole, and holds the two against each other.</summary>
internal sealed class CallProbe(string name, string asks, ChatRequest question, int mostCalls = 1) : IProbe
{
    public string Name => name;

    public string Asks => asks;

    public ProbeCost Cost => ProbeCost.Of(question, question.Whole());

    public async Task RunAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        ChatAnswer streamed = await run.AskAsync(question, cancellationToken).ConfigureAwait(false);
        ChatAnswer whole = await run.AskAsync(question.Whole(), cancellationToken).ConfigureAwait(false);
        bool streamedCalls = Called(streamed);
        bool wholeCalls = Called(whole);
        if (!streamedCalls && !wholeCalls)
            run.CannotTell($"The model did not call: {EndFindings.Said(streamed.Outcome)}");
        else if (mostCalls > 1 && Math.Max(streamed.ToolCalls.Count, whole.ToolCalls.Count) < mostCalls)
            run.CannotTell("The model called once, not twice.");

        // A cut, an error or a text in place of the call on one of the two ways has its own finding, or none.
        if (whole.ToolCalls.Count > 0 && streamed.Outcome.IsComplete && !Same(streamed, whole))
            run.Find(CallKinds.CallsDiffer, $"Streamed: {Told(streamed)}; whole: {Told(whole)}.", streamed.Outcome.Evidence.RequestId);
        TextProbes.LookAtEnd(run, streamed);
    }

    private static bool Called(ChatAnswer answer) => answer.Outcome.Evidence.Choices.Any(choice => choice.ToolCalls.Count > 0);

    private static bool Same(ChatAnswer one, ChatAnswer other) =>
        one.ToolCalls.Count == other.ToolCalls.Count && one.ToolCalls.Zip(other.ToolCalls).All(pair =>
            pair.First.Name == pair.Second.Name && JsonNode.DeepEquals(Parsed(pair.First), Parsed(pair.Second)));

    private static JsonNode? Parsed(ToolCall call)
    {
        try
        {
            return JsonNode.Parse(call.Arguments);
        }
        catch (JsonException)
        {
            return call.Arguments;
        }
    }

    private static string Told(ChatAnswer answer) => answer.ToolCalls.Count == 0
        ? "no call"
        : string.Join(", ", answer.ToolCalls.Select(call => $"{call.Name} {call.Arguments}"));
}

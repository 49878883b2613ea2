using Microsoft.Extensions.AI;
using VllmAdapter;
using VllmAdapter.Extensions.AI;

/// <summary>Chat clients that print how each turn ended.</summary>
internal static class Turns
{
    public static IChatClient PrintingTurns(this VllmInferenceAdapter adapter)
    {
        // <turns>
        IChatClient chat = adapter.AsIChatClient().AsBuilder().Use(
            async (messages, options, model, cancellationToken) =>
            {
                ChatResponse turn = await model.GetResponseAsync(messages, options, cancellationToken);
                Console.WriteLine($"  turn     {turn.GetStreamOutcome()!.Explain()}");
                return turn;
            },
            getStreamingResponseFunc: null).Build();
        // </turns>
        return chat;
    }
}

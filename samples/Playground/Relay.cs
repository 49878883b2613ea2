using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using VllmAdapter;
using VllmAdapter.Agents;

namespace Playground;

/// <summary>Between the page and the model: what the page asks becomes a request, and what happens becomes events for the page.</summary>
internal static class Relay
{
    /// <summary>Asks, and tells the page of everything that happens until the run ends.</summary>
    public static async IAsyncEnumerable<SseItem<string>> ToBrowserAsync(
        Visitor visitor, Question question, Func<VllmInferenceAdapter> server, [EnumeratorCancellation] CancellationToken browserLeaves)
    {
        var page = new PageEvents(visitor);
        IAsyncEnumerator<ToolLoopEvent>? steps = null;
        try
        {
            while (true)
            {
                string? refusal = null;
                try
                {
                    steps ??= Run(visitor, question, server(), browserLeaves);
                    if (!await steps.MoveNextAsync())
                        yield break;
                }
                catch (Exception refused) when (refused is VllmRequestException or ArgumentException)
                {
                    refusal = Sample.SentenceOf(refused);
                }

                if (refusal is not null)
                {
                    yield return PageEvents.Refused(refusal);
                    yield break;
                }

                foreach (SseItem<string> item in page.Of(steps!.Current))
                    yield return item;
            }
        }
        finally
        {
            if (steps is not null)
                await steps.DisposeAsync();
        }
    }

    private static IAsyncEnumerator<ToolLoopEvent> Run(Visitor visitor, Question question, VllmInferenceAdapter adapter, CancellationToken browserLeaves)
    {
        var loop = new ToolLoop(adapter, question.Tools ? Abilities.Tools : [], new ToolLoopOptions
        {
            MaxRepeats = question.AskAgain ? 2 : 0,
            MaxCorrections = question.AskAgain ? 3 : 0,
        });
        return loop.RunAsync(RequestOf(visitor, question), visitor.Budget, browserLeaves).GetAsyncEnumerator(browserLeaves);
    }

    private static ChatRequest RequestOf(Visitor visitor, Question question) => visitor.Conversation.With(VllmMessage.User(question.Text)) with
    {
        MaxTokens = Math.Clamp(question.MaxTokens, 1, 4_000),
        Output = question.Typed ? Abilities.Animal : null,
        Reasoning = question.Reasoning ? new() { Enabled = true } : null,
        Headers = new() { Additional = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { [FaultyServer.Header] = question.Fault } },

        // The page shows what came, and how it ended, whatever that was.
        OnIncompleteStream = IncompleteStreamBehavior.Report,
    };
}

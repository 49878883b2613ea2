namespace VllmAdapter.Tool.Check;

/// <summary>Asks one question; the end of the answer shows the rest, and what the probe looks for beside it.</summary>
/// <param name="name">What it is called in reports.</param>
/// <param name="asks">What it wants to know.</param>
/// <param name="question">What it asks the model.</param>
/// <param name="look">Looks at the answer; null if its end is all.</param>
internal sealed class ChatProbe(string name, string asks, ChatRequest question, Action<ProbeRun, ChatAnswer>? look = null) : IProbe
{
    public string Name => name;

    public string Asks => asks;

    public ProbeCost Cost => ProbeCost.Of(question);

    public async Task RunAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        ChatAnswer answer = await run.AskAsync(question, cancellationToken).ConfigureAwait(false);
        look?.Invoke(run, answer);
    }
}

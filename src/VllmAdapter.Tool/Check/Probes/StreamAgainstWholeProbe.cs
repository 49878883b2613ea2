using VllmAdapter.Tool.Explain;

namespace VllmAdapter.Tool.Check;

/// <summary>Asks the same once streamed and twice whole: what differs between the whole replies is the engine's doing.</summary>
internal sealed class StreamAgainstWholeProbe : IProbe
{
    private static readonly ChatRequest Question = Questions.Count.CappedAt(64);

    public string Name => "stream-against-whole";

    public string Asks => "Is the streamed text the same as the whole one, at temperature 0 and with a seed?";

    public ProbeCost Cost => ProbeCost.Of(Question, Question.Whole(), Question.Whole());

    public async Task RunAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        ChatAnswer streamed = await run.AskAsync(Question, cancellationToken).ConfigureAwait(false);
        ChatAnswer whole = await run.AskAsync(Question.Whole(), cancellationToken).ConfigureAwait(false);
        run.Tell($"A whole reply was silent for {Wording.Seconds(whole.Outcome.Evidence.Elapsed)}.");
        run.CannotTell("Longer silences than an answer's were not tried: whether something on the way cuts them, as proxies do after 60 s or so, is not known.");
        if (Same(streamed, whole))
            return;

        ChatAnswer again = await run.AskAsync(Question.Whole(), cancellationToken).ConfigureAwait(false);
        if (!Same(whole, again))
            run.CannotTell("The server does not give the same answer twice, at temperature 0 and with a seed.");
        else
            run.Find(AnswerKinds.WholeDiffers, $"Streamed: \"{streamed.Text}\"; whole: \"{whole.Text}\".", streamed.Outcome.Evidence.RequestId);
    }

    private static bool Same(ChatAnswer one, ChatAnswer other) => one.Text == other.Text && one.Reasoning == other.Reasoning;
}

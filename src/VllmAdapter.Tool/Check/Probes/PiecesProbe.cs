namespace VllmAdapter.Tool.Check;

/// <summary>Looks at the clock while a stream comes in.</summary>
internal sealed class PiecesProbe : IProbe
{
    private static readonly ChatRequest Question = Questions.Count;
    private static readonly ChatRequest OneToken = Question.CappedAt(1);

    public string Name => "pieces";

    public string Asks => "Do chunks arrive one by one, or does something on the way gather them?";

    public ProbeCost Cost => ProbeCost.Of(Question, OneToken);

    public async Task RunAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        TimeProvider clock = run.Target.Clock;
        long before = clock.GetTimestamp();
        await run.AskAsync(OneToken, cancellationToken).ConfigureAwait(false);
        TimeSpan oneToken = clock.GetElapsedTime(before);

        ChatRequest question = run.Target.Suited(Question);
        List<TimeSpan> arrivals = [];
        long start = clock.GetTimestamp();
        ChatStream stream = run.Target.Adapter.StreamChatAsync(question, cancellationToken);
        await foreach (ChatChunk chunk in stream.ConfigureAwait(false))
        {
            if (chunk.Text.Length > 0 || chunk.Reasoning.Length > 0)
                arrivals.Add(clock.GetElapsedTime(start));
        }

        run.Took(question, stream.Answer);
        Report(run, Arrivals.Judge(arrivals, oneToken));
    }

    private static void Report(ProbeRun run, Arrivals arrivals)
    {
        run.Tell(arrivals.Explain());
        switch (arrivals.Pattern)
        {
            case ArrivalPattern.AllAtOnce:
                run.Find(ServerKinds.Buffered, arrivals.Explain());
                break;
            case ArrivalPattern.Bursts:
                run.Find(ServerKinds.Bursts, arrivals.Explain());
                break;
            case ArrivalPattern.Unknown:
                run.CannotTell("The answer was too short, or too quick, to see its rhythm.");
                break;
        }
    }
}

namespace VllmAdapter.Tool.Check;

/// <summary>The first answer: does a text end, under which id does it come, is it counted on its way, does the model reason unasked?</summary>
internal sealed class TextProbe : IProbe
{
    private static readonly ChatRequest Question = Questions.Hello with { UsageReporting = UsageReporting.Continuous };

    public string Name => "text";

    public string Asks => "Does a text end, and say so?";

    public ProbeCost Cost => ProbeCost.Of(Question);

    public async Task RunAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        ChatRequest question = run.Target.Suited(Question);
        bool isCountedOnTheWay = false;
        ChatStream stream = run.Target.Adapter.StreamChatAsync(question, cancellationToken);
        await foreach (ChatChunk chunk in stream.ConfigureAwait(false))
            isCountedOnTheWay |= chunk is { Usage: not null, FinishReason: null, Outcome: null } && (chunk.Text.Length > 0 || chunk.Reasoning.Length > 0);

        ChatAnswer answer = stream.Answer;
        run.Took(question, answer);
        Look(run, answer, isCountedOnTheWay);
    }

    private static void Look(ProbeRun run, ChatAnswer answer, bool isCountedOnTheWay)
    {
        StreamEvidence evidence = answer.Outcome.Evidence;
        run.Target.Reasons = answer.Reasoning.Length > 0;
        if (run.Target.Reasons)
            run.Tell("The model reasons by itself; from here on reasoning is switched off (enable_thinking: false), or nothing but reasoning would come.");
        if (evidence is { RequestId: { } sent, ResponseId: { } id } && !id.Contains(sent, StringComparison.Ordinal))
            run.Find(ServerKinds.RequestIdLost, $"Sent {sent}, got {id}.", sent);
        if (answer.Usage is not null && !isCountedOnTheWay)
            run.Find(AnswerKinds.ContinuousMissing, "No chunk before the end carried usage.", evidence.RequestId);
        TextProbes.LookAtEnd(run, answer);
    }
}

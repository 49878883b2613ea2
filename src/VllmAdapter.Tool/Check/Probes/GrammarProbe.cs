namespace VllmAdapter.Tool.Check;

/// <summary>Asks for an answer by a grammar, of servers that survive one that they cannot compile: 0.20.2 and 0.11.0 ended on it for everybody.</summary>
internal sealed class GrammarProbe : IProbe
{
    private static readonly ChatRequest Question =
        Questions.Ask("Write a sentence about llamas.", 64) with { Output = StructuredOutput.Grammar("root ::= \"yes\" | \"no\"") };

    public string Name => "grammar";

    public string Asks => "Does a grammar constrain?";

    public ProbeCost Cost => ProbeCost.Of(Question);

    public async Task RunAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        if (run.Target.Version?.IsAtLeast(0, 26) is not true)
        {
            run.CannotTell("It was not asked: before vLLM 0.26 a grammar that does not compile has ended servers, and this one is not known to be newer.");
            return;
        }

        ChatAnswer answer = await run.AskAsync(Question, cancellationToken).ConfigureAwait(false);
        if (answer.Outcome.Verdict == StreamVerdict.Completed && answer.Text is not ("yes" or "no"))
            run.Find(AnswerKinds.Unconstrained, $"Asked for yes or no, got \"{answer.Text}\".", answer.Outcome.Evidence.RequestId);
        TextProbes.LookAtEnd(run, answer);
    }
}

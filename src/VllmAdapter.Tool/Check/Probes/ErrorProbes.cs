namespace VllmAdapter.Tool.Check;

/// <summary>Are refusals told for what they are? Only requests that every version is known to refuse without harm.</summary>
internal static class ErrorProbes
{
    public static IReadOnlyList<IProbe> All { get; } =
    [
        new RefusalProbe(
            "unknown-model", "Is a model that does not exist refused as such?",
            Questions.Hello.CappedAt(1) with { Model = "no-such-model-of-the-check" },
            RequestFailure.ModelNotFound, ServerKinds.UnknownModelAnswered),
        new RefusalProbe(
            "bad-value", "Is a temperature of -1 refused as a bad request?",
            Questions.Hello.CappedAt(1) with { Sampling = new SamplingOptions { Temperature = -1 }, SendUnchecked = true },
            RequestFailure.BadRequest, ServerKinds.ErrorsUntyped),
        new BeyondWindowProbe(),
    ];

    private sealed class RefusalProbe(string name, string asks, ChatRequest question, RequestFailure right, FindingKind ifAnswered) : IProbe
    {
        public string Name => name;

        public string Asks => asks;

        public ProbeCost Cost => ProbeCost.Of(question);

        public async Task RunAsync(ProbeRun run, CancellationToken cancellationToken)
        {
            try
            {
                ChatAnswer answer = await run.AskAsync(question, cancellationToken).ConfigureAwait(false);
                run.Find(ifAnswered, $"It was answered: {EndFindings.Said(answer.Outcome)}", answer.Outcome.Evidence.RequestId);
            }
            catch (VllmRequestException refused) when (refused.Failure == right)
            {
                run.Tell(refused.Message);
            }
            catch (VllmRequestException refused) when (refused.Failure is not (RequestFailure.ConnectionFailed or RequestFailure.EngineDead))
            {
                run.Find(ServerKinds.ErrorsUntyped, $"{refused.Failure} in place of {right}: {refused.Message}", refused.RequestId);
            }
        }
    }

    /// <summary>Asks for more tokens than the window has. Where that is taken, the first common letter ends the answer.</summary>
    private sealed class BeyondWindowProbe : IProbe
    {
        private const int TokensUntilAStop = 16;

        private static readonly ChatRequest Question =
            Questions.Hello with { Sampling = Questions.Hello.Sampling! with { Stop = ["e", "a", "o", " "] } };

        public string Name => "beyond-window";

        public string Asks => "Is a limit beyond the context window refused, with the numbers, or lowered?";

        public ProbeCost Cost => ProbeCost.Of(Question.CappedAt(TokensUntilAStop));

        public async Task RunAsync(ProbeRun run, CancellationToken cancellationToken)
        {
            if (run.Target.ContextWindow is not { } window)
            {
                run.CannotTell("The context window is not known.");
                return;
            }

            try
            {
                await run.AskAsync(Question.CappedAt(2 * window), cancellationToken).ConfigureAwait(false);
                run.Tell("It is lowered without a word.");
            }
            catch (VllmRequestException refused) when (refused.ContextRefusal is { ContextWindow: { } told })
            {
                run.Tell($"It is refused, and the window of {told:N0} tokens named.");
            }
            catch (VllmRequestException refused) when (refused.Failure is RequestFailure.BadRequest or RequestFailure.ContextWindowExceeded)
            {
                run.Find(ServerKinds.ErrorsUntyped, $"No window is named: {refused.Message}", refused.RequestId);
            }
        }
    }
}

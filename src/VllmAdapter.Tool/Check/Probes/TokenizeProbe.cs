using VllmAdapter.Server;

namespace VllmAdapter.Tool.Check;

/// <summary>Holds the count of <c>/tokenize</c> against that of the answer's usage.</summary>
internal sealed class TokenizeProbe : IProbe
{
    private static readonly ChatRequest Plain = Questions.Hello.CappedAt(1);
    private static readonly ChatRequest WithTools = Questions.Paris.CappedAt(1);

    public string Name => "tokenize";

    public string Asks => "Does /tokenize count a prompt as the answer does, also with tools?";

    public ProbeCost Cost => ProbeCost.Of(Plain, WithTools);

    public async Task RunAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        foreach ((string what, ChatRequest question) in ((string, ChatRequest)[])[("a prompt", Plain), ("a prompt with tools", WithTools)])
        {
            TokenizeResult tokens;
            try
            {
                tokens = await run.Target.Adapter.Server.TokenizeAsync(run.Target.Suited(question), cancellationToken: cancellationToken).ConfigureAwait(false);
            }
            catch (VllmRequestException hidden) when (hidden.Failure is RequestFailure.RouteNotFound or RequestFailure.Forbidden or RequestFailure.UnexpectedContent or RequestFailure.Unauthorized)
            {
                run.Find(ServerKinds.TokenizeHidden, hidden.Message);
                run.CannotTell("Without /tokenize there is nothing to compare.");
                return;
            }

            ChatAnswer answer = await run.AskAsync(question, cancellationToken).ConfigureAwait(false);
            if (answer.Usage is not { } usage)
                run.CannotTell("The answer came without usage.");
            else if (usage.PromptTokens != tokens.Count)
                run.Find(AnswerKinds.PromptDisagrees, $"For {what} /tokenize counts {tokens.Count} tokens, usage {usage.PromptTokens}.", answer.Outcome.Evidence.RequestId);
        }
    }
}

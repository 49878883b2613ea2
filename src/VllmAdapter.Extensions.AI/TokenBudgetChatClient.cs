using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>Keeps what goes through it within a budget.</summary>
internal sealed class TokenBudgetChatClient : DelegatingChatClient
{
    private readonly Func<ChatOptions?, TokenBudget?> _budgetOf;
    private readonly VllmInferenceAdapter? _counter;
    private readonly PromptFloors _floors = new();

    public TokenBudgetChatClient(IChatClient inner, Func<ChatOptions?, TokenBudget?> budgetOf, bool countsPrompts)
        : base(inner)
    {
        _budgetOf = budgetOf;
        _counter = countsPrompts
            ? inner.GetService<VllmInferenceAdapter>()
                ?? throw new ArgumentException("There is no vLLM behind the client that could count prompts. Leave countsPrompts out.", nameof(countsPrompts))
            : null;
    }

    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (_budgetOf(options) is not { } budget)
            return await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);

        List<ChatMessage> prompt = [.. messages];
        var turn = new BudgetedTurn(budget, _floors, prompt, options);
        if (turn.Check(await CountAsync(prompt, options, cancellationToken).ConfigureAwait(false)) is { } report)
            return Refusal(report).ToChatResponse();

        try
        {
            ChatResponse response = await AskAsync(prompt, turn, cancellationToken).ConfigureAwait(false);
            turn.Ended(response.GetStreamOutcome());
            return response;
        }
        catch (VllmRequestException)
        {
            turn.WasRefused();
            throw;
        }
        catch (IncompleteStreamException broken)
        {
            turn.Ended(broken.Outcome);
            throw;
        }
        finally
        {
            turn.Record();
        }
    }

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return _budgetOf(options) is { } budget
            ? new CancellableEvents<ChatResponseUpdate>(token => StreamAsync(budget, [.. messages], options, token), cancellationToken)
            : base.GetStreamingResponseAsync(messages, options, cancellationToken);
    }

    private async Task<ChatResponse> AskAsync(List<ChatMessage> prompt, BudgetedTurn turn, CancellationToken cancellationToken)
    {
        try
        {
            return await base.GetResponseAsync(prompt, turn.Options, cancellationToken).ConfigureAwait(false);
        }
        catch (VllmRequestException refused) when (turn.IsToBlameFor(refused))
        {
            return await base.GetResponseAsync(prompt, turn.Options, cancellationToken).ConfigureAwait(false);
        }
    }

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(
        TokenBudget budget, List<ChatMessage> prompt, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var turn = new BudgetedTurn(budget, _floors, prompt, options);
        if (turn.Check(await CountAsync(prompt, options, cancellationToken).ConfigureAwait(false)) is { } report)
        {
            foreach (ChatResponseUpdate update in Refusal(report))
                yield return update;

            yield break;
        }

        IAsyncEnumerator<ChatResponseUpdate> updates = Ask();
        try
        {
            while (true)
            {
                try
                {
                    if (!await updates.MoveNextAsync().ConfigureAwait(false))
                        break;
                }
                catch (VllmRequestException refused) when (turn.IsToBlameFor(refused))
                {
                    await updates.DisposeAsync().ConfigureAwait(false);
                    updates = Ask();
                    continue;
                }
                catch (VllmRequestException)
                {
                    turn.WasRefused();
                    throw;
                }
                catch (IncompleteStreamException broken)
                {
                    turn.Ended(broken.Outcome);
                    throw;
                }

                turn.Ended(updates.Current.GetStreamOutcome());
                yield return updates.Current;
            }
        }
        finally
        {
            await updates.DisposeAsync().ConfigureAwait(false);
            turn.Record();
        }

        IAsyncEnumerator<ChatResponseUpdate> Ask() =>
            base.GetStreamingResponseAsync(prompt, turn.Options, cancellationToken).GetAsyncEnumerator(cancellationToken);
    }

    // A server that does not count leaves the number open; it is no reason to end the run.
    private async ValueTask<TokenCount> CountAsync(List<ChatMessage> prompt, ChatOptions? options, CancellationToken cancellationToken)
    {
        if (_counter is null)
            return default;

        try
        {
            string? model = InnerClient.GetService<ChatClientMetadata>()?.DefaultModelId;
            RequestPlan plan = await _counter.Server.PlanAsync(RequestMapping.Map(prompt, options, this, model), cancellationToken).ConfigureAwait(false);
            return plan.PromptTokens is not { } tokens ? default : plan.PromptIsLowerBound ? TokenCount.AtLeast(tokens) : TokenCount.Exactly(tokens);
        }
        catch (VllmRequestException)
        {
            return default;
        }
    }

    // A cut like that of max tokens: what came before stays, and whoever looks at the finish reason knows that it is not the whole.
    private static ChatResponseUpdate[] Refusal(BudgetReport report)
    {
        string id = $"msg-{Guid.NewGuid():N}";
        var words = new ErrorContent($"The request was not sent. {report.Explain()} Raise the limits of the TokenBudget, or start another run.")
        {
            ErrorCode = VllmChatClientExtensions.TokenBudgetErrorCode,
            RawRepresentation = report,
        };
        return
        [
            new ChatResponseUpdate(ChatRole.Assistant, [words]) { MessageId = id },
            new ChatResponseUpdate
            {
                Role = ChatRole.Assistant,
                FinishReason = ChatFinishReason.Length,
                AdditionalProperties = CarriedOutcome.With(OutcomeJudge.Decide(new StreamEvidence(), TerminationCause.BudgetExhausted)),
            },
        ];
    }
}

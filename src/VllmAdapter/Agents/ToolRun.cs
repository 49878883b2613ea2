using System.Runtime.CompilerServices;

namespace VllmAdapter.Agents;

/// <summary>One run of a <see cref="ToolLoop"/>.</summary>
/// <remarks>
/// <para>Step 1: stop before a turn that must not be had.</para>
/// <para>Step 2: one turn of the model, handed out as it comes.</para>
/// <para>Step 3: end with an answer, ask a broken or damaged turn again, or go on with its calls.</para>
/// <para>Step 4: run the calls that are ready, answer those that are not.</para>
/// <para>Step 5: put the turn into the history, and start over.</para>
/// </remarks>
internal sealed class ToolRun(
    IVllmChat chat,
    IReadOnlyDictionary<string, Tool> tools,
    ToolLoopOptions options,
    ChatRequest start,
    IReadOnlyList<ToolDefinition> offered,
    TokenBudget? budget,
    AnswerShape? shape = null)
{
    private readonly List<StreamOutcome> _turns = [];
    private readonly List<CallFinished> _calls = [];
    private readonly ChatRequest _start = start;
    private readonly TurnRepeats _repeats = new(options.MaxRepeats);
    private readonly HistoryWindow _window = new(options.PlanPrompt, start);
    private readonly RunBudget _budget = new(budget, options, offered);
    private bool _asksForShape = shape is not null && offered.Count == 0;
    private ChatRequest _request = start;
    private int _corrections;
    private bool _isAskedUnlimited;
    private bool _hasRunACall;
    private Exception? _failure;
    private ToolCall? _stoppedAt;
    private int _isTaken;

    public async IAsyncEnumerable<ToolLoopEvent> EventsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isTaken, 1) != 0)
            throw new InvalidOperationException("A run can be enumerated once. Call RunAsync again to run again.");

        while (true)
        {
            // Step 1.
            if (await _window.FitAsync(_request, NextRequest, cancellationToken).ConfigureAwait(false) is { } trimmed)
            {
                _budget.Room.Shortened();
                yield return trimmed;
            }

            if (await ReasonToStopAsync(cancellationToken).ConfigureAwait(false) is { } reason)
            {
                yield return End(reason);
                yield break;
            }

            // Step 2.
            ChatRequest next = _budget.Room.Limit(NextRequest());
            _window.Sent(next);
            ChatStream stream = chat.StreamChatAsync(next, cancellationToken);
            IAsyncEnumerator<ChatChunk> chunks = stream.GetAsyncEnumerator(CancellationToken.None);
            try
            {
                while (await HasNextAsync(stream, chunks).ConfigureAwait(false))
                {
                    if (chunks.Current.Outcome is null)
                        yield return new ChunkReceived(chunks.Current);
                }
            }
            finally
            {
                await chunks.DisposeAsync().ConfigureAwait(false);
                _budget.RecordIfGivenUp(stream.OutcomeIfOver);
            }

            if (_isAskedUnlimited)
                continue;

            if (_failure is not null)
            {
                yield return End(ToolLoopVerdict.Incomplete);
                yield break;
            }

            // Step 3.
            StreamOutcome turn = stream.Outcome;
            _turns.Add(turn);
            _window.Ended(turn);
            _budget.Room.Took(turn);
            await _budget.RecordAsync(turn, _request with { Messages = _window.Of(_request.Messages) }, cancellationToken).ConfigureAwait(false);
            TurnUse use = TurnUses.Of(turn, _start.OnIncompleteStream ?? turn.DefaultBehavior);
            bool isAskedAgain = _repeats.AsksAgain(turn, use) || AsksForShape(turn, use);
            yield return new TurnEnded(turn, isAskedAgain);
            if (isAskedAgain)
                continue;

            IReadOnlyList<PreparedCall> calls = [.. turn.ToolCalls.Where(call => call.ChoiceIndex == 0).Select(call => PreparedCall.Of(call, tools, options.Services))];
            if (EndWith(turn, use, mayBeRun: calls.Any(call => call.Invocation is not null)) is { } ended)
            {
                yield return ended;
                yield break;
            }

            // Step 4.
            (calls, _stoppedAt) = await CallApproval.OfAsync(calls, options, cancellationToken).ConfigureAwait(false);
            if (_stoppedAt is not null)
            {
                yield return End(ToolLoopVerdict.StoppedByCaller);
                yield break;
            }

            var finished = new CallFinished[calls.Count];
            var handlers = new ToolHandlers(options, ToolTelemetry.Of(chat));
            List<ToolCall> ready = [.. calls.Where(call => call.Invocation is not null).Select(call => call.Call)];
            if (ready.Count > 0)
                yield return new CallsReady(ready);

            await foreach ((int at, CallFinished call) in handlers.RunAsync(calls, cancellationToken).ConfigureAwait(false))
            {
                finished[at] = call;
                yield return call;
            }

            // Step 5.
            _calls.AddRange(finished);
            string? told = TurnUses.WordsFor(turn);
            _request = ToolHistory.After(_request, turn, options.KeepReasoning, finished, told);
            _budget.Room.Kept(turn, isWhole: told is null);
            if (told is not null)
                yield return new CorrectionSent(told);

            if (handlers.Failure is { } thrown)
            {
                _failure = thrown;
                yield return End(ToolLoopVerdict.HandlerFailed);
                yield break;
            }
        }
    }

    private async ValueTask<ToolLoopVerdict?> ReasonToStopAsync(CancellationToken cancellationToken)
    {
        if (_turns.Count >= options.MaxTurns)
            return ToolLoopVerdict.TurnLimit;

        return await _budget.ForbidsAsync(NextRequest(), cancellationToken).ConfigureAwait(false) ? ToolLoopVerdict.BudgetExhausted : null;
    }

    private ChatRequest NextRequest()
    {
        ChatRequest next = Offering();
        return _repeats.AsksWhole ? WholeRequest.Of(next) : next;
    }

    // A demand for a call would be repeated for ever: it is met once a call was run.
    private ChatRequest Offering() => _request with
    {
        Messages = _window.Of(_request.Messages),
        Tools = offered,
        Output = shape is null ? _request.Output : _asksForShape ? shape.Output : null,
        ToolChoice = _asksForShape ? (offered.Count > 0 ? ToolChoice.None : null)
            : _hasRunACall && _start.ToolChoice is { } choice && (choice.Function is not null || choice == ToolChoice.Required) ? null : _start.ToolChoice,
        OnIncompleteStream = IncompleteStreamBehavior.Report,
    };

    // A refusal after the first turn must not take the history with it.
    private async ValueTask<bool> HasNextAsync(ChatStream stream, IAsyncEnumerator<ChatChunk> chunks)
    {
        _isAskedUnlimited = false;
        try
        {
            return await chunks.MoveNextAsync().ConfigureAwait(false);
        }
        catch (VllmRequestException refused) when (_budget.Room.IsToBlameFor(refused))
        {
            _isAskedUnlimited = true;
            return false;
        }
        catch (VllmRequestException refused) when (_turns.Count > 0)
        {
            _failure = refused;
            return false;
        }
        catch (IncompleteStreamException) when (stream.OutcomeIfOver is not null)
        {
            // Only what is no adapter throws it although it was told not to; the outcome says the same.
            return false;
        }
    }

    // A grammar for the answer would keep the model from calling tools, so it comes last: once the model would answer.
    private bool AsksForShape(StreamOutcome turn, TurnUse use)
    {
        if (shape is null || _asksForShape || use != TurnUse.Answer || shape.Fits(TurnUses.TextOf(turn)))
            return false;

        return _asksForShape = true;
    }

    private RunEnded? EndWith(StreamOutcome turn, TurnUse use, bool mayBeRun)
    {
        switch (use)
        {
            case TurnUse.Answer:
                _request = _request.With(turn, options.KeepReasoning, []);
                return End(ToolLoopVerdict.Answered);

            case TurnUse.Calls when mayBeRun:
                (_hasRunACall, _corrections) = (true, 0);
                return null;

            // The model can do nothing about what the server should have found.
            case TurnUse.Damaged when TurnUses.WordsFor(turn) is null:
                return End(ToolLoopVerdict.Incomplete);

            case TurnUse.Calls or TurnUse.Damaged when _corrections < options.MaxCorrections:
                _corrections++;
                return null;

            case TurnUse.Unusable when _budget.HasEnded(turn):
                return End(ToolLoopVerdict.BudgetExhausted, TurnUses.TextOf(turn));

            default:
                return End(ToolLoopVerdict.Incomplete);
        }
    }

    private RunEnded End(ToolLoopVerdict verdict, string? text = null) => new(new ToolLoopResult
    {
        Verdict = verdict,
        Text = text ?? (verdict is ToolLoopVerdict.Answered or ToolLoopVerdict.Incomplete && _turns.Count > 0 ? TurnUses.TextOf(_turns[^1]) : ""),
        Turns = _turns,
        Calls = _calls,
        Request = _request,
        Budget = _budget.Report,
        Failure = _failure,
        StoppedAt = _stoppedAt,
        LeftOut = _window.LeftOut(_request),
    });
}

using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace VllmAdapter;

/// <summary>Runs one reply: bytes -> events -> chunks -> judgement -> outcome.</summary>
/// <remarks>
/// <para>Step 1: send, and see that a chat reply answers and its first event comes (<see cref="Opening"/>).</para>
/// <para>Step 2: read one event; while that takes time, the policy is asked (<see cref="Attempt"/>).</para>
/// <para>Step 3: fold the event into the evidence, and hand out its chunks (<see cref="AttemptLog"/>).</para>
/// <para>Step 4: ask the policy whether to go on.</para>
/// <para>Step 5: let the judge decide, hang up, hand out the outcome, and only then throw.</para>
/// </remarks>
internal sealed class StreamPump : RunningReply
{
    private readonly ChatCall _call;
    private readonly StopSignal _signal;
    private readonly SilenceWatch _watch;
    private CallTelemetry? _telemetry;
    private IDisposable? _slot;
    private Attempt? _attempt;
    private bool _hasEnded;

    public StreamPump(ChatCall call, CancellationToken callersToken, CancellationToken enumeratorsToken)
    {
        _call = call;
        _signal = new StopSignal(callersToken, enumeratorsToken);
        _watch = new SilenceWatch(call.Clock);
    }

    public override ValueTask<bool> MoveNextAsync()
    {
        // Whatever comes of it leaves again, at the latest when it is no longer waited for.
        if (!TryEnter())
            return ValueTask.FromException<bool>(IsUnderWay(nameof(MoveNextAsync)));

        _watch.Resume();
        if (TakeChunk())
        {
            Leave();
            return new ValueTask<bool>(true);
        }

        if (!_hasEnded)
            return _attempt is not null ? Advance(_attempt) : AdvanceAsync(read: null);

        Leave();
        return Outcome is { } outcome && outcome.Throws(_call.OnIncompleteStream)
            ? ValueTask.FromException<bool>(new IncompleteStreamException(outcome, Answer!))
            : new ValueTask<bool>(false);
    }

    public override async ValueTask DisposeAsync()
    {
        if (!TryEnter())
            throw IsUnderWay(nameof(DisposeAsync));

        try
        {
            if (!_hasEnded)
            {
                _signal.TryEnd(TerminationCause.ConsumerLeft);
                await EndAsync().ConfigureAwait(false);
            }

            _signal.Dispose();
        }
        finally
        {
            Leave();
        }
    }

    private bool TakeChunk()
    {
        if (_attempt?.TakeChunk() is not { } chunk)
            return false;

        SetCurrent(chunk);
        return true;
    }

    // What is here already is handed out without any waiting, and so without the machinery of an asynchronous method.
    private ValueTask<bool> Advance(Attempt attempt)
    {
        try
        {
            while (attempt.Stop is null)
            {
                ValueTask<bool> read = attempt.BeginRead();
                if (!read.IsCompletedSuccessfully)
                    return AdvanceAsync(read);

                attempt.Observe(read.Result);
                if (TakeChunk())
                {
                    Leave();
                    return new ValueTask<bool>(true);
                }
            }
        }
        catch (Exception failure)
        {
            return FailAsync(failure);
        }

        return AdvanceAsync(read: null);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AdvanceAsync(ValueTask<bool>? read)
    {
        try
        {
            // Step 1.
            if (_attempt is null)
            {
                _attempt = await OpenAsync().ConfigureAwait(false);
                Begin(_attempt.Head);
                if (TakeChunk())
                {
                    Leave();
                    return true;
                }
            }

            // Steps 2 to 4.
            while (read is not null || _attempt.Stop is null)
            {
                bool? hasEvent = null;
                try
                {
                    ValueTask<bool> reading = read ?? _attempt.BeginRead();
                    read = null;
                    using (_attempt.WaitUnless(reading.IsCompleted))
                        hasEvent = await reading.ConfigureAwait(false);
                }
                catch (Exception fault)
                {
                    _attempt.Break(fault);
                }

                if (hasEvent is { } came)
                    _attempt.Observe(came);

                if (TakeChunk())
                {
                    Leave();
                    return true;
                }
            }

            await EndAsync().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            return await FailAsync(failure).ConfigureAwait(false);
        }

        if (Outcome!.TerminatedBy == TerminationCause.CallerCanceled)
        {
            Leave();
            throw _signal.ToException();
        }

        SetCurrent(new ChatChunk { HasChoice = false, Outcome = Outcome });
        Leave();
        return true;
    }

    private async ValueTask<bool> FailAsync(Exception failure)
    {
        try
        {
            _telemetry?.Fail(failure);
            await CloseAsync(hangUp: true).ConfigureAwait(false);
        }
        finally
        {
            Leave();
        }

        ExceptionDispatchInfo.Throw(failure);
        return false;
    }

    private ValueTask<Attempt> OpenAsync()
    {
        _telemetry = new CallTelemetry(_call);
        _call.Window?.Ask();
        _watch.Start(_call.BeganAt ?? _call.Clock.GetTimestamp());
        var opening = new Opening(_call, _signal, _watch, _telemetry);
        return _call is { Fields: null, Slots: null } ? opening.OpenAsync() : OpenAsync(opening);
    }

    private async ValueTask<Attempt> OpenAsync(Opening opening)
    {
        if (_call.Fields is { } fields)
            await fields.AskAsync(_signal.Token).ConfigureAwait(false);

        if (_call.Slots is { } slots)
            _slot = await opening.WaitForPlaceAsync(slots).ConfigureAwait(false);

        return await opening.OpenAsync().ConfigureAwait(false);
    }

    // Step 5.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask EndAsync()
    {
        TerminationCause cause = (_attempt?.Stop ?? _signal.Cause)!.Value;
        IReadOnlyList<ChatChoice> received = _attempt?.Close() ?? [];
        StreamEvidence evidence = _attempt?.Evidence ?? new StreamEvidence { Request = _call.Evidence, SentinelExpected = _call.ExpectsSentinel };

        // Who has left waits for nothing, and the server is to stop at once.
        bool isWaitedFor = cause != TerminationCause.CallerCanceled && cause != TerminationCause.ConsumerLeft;
        if (isWaitedFor && _call.Window is { } window && evidence.Choices.Any(static choice => choice.ToolCalls.Count > 0))
            evidence.Learn(await window.AnswerAsync(_call.Clock).ConfigureAwait(false));

        StreamOutcome outcome = OutcomeJudge.Decide(evidence, cause, received);
        if (_call.DefaultBehavior != outcome.DefaultBehavior)
            outcome = outcome with { DefaultBehavior = _call.DefaultBehavior };

        End(new ChatAnswer { Outcome = outcome, Choices = received, Extra = _attempt?.Extra });
        _telemetry?.End(Answer!);
        bool isOver = cause == TerminationCause.EndOfBody || cause == TerminationCause.Sentinel || evidence.BodyEnd is not null;
        await CloseAsync(hangUp: !isOver).ConfigureAwait(false);
    }

    // What was received is in the completion; everything else goes, for a stream may be kept.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask CloseAsync(bool hangUp)
    {
        _hasEnded = true;
        Attempt? attempt = _attempt;
        (_attempt, _telemetry) = (null, null);
        try
        {
            await _watch.DisposeAsync().ConfigureAwait(false);
            if (attempt is not null)
                await attempt.LetGoAsync(hangUp).ConfigureAwait(false);
        }
        finally
        {
            _slot?.Dispose();
        }
    }
}

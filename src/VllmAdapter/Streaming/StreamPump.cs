using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace VllmAdapter;

/// <summary>Runs one reply: bytes -> events -> chunks -> judgement -> outcome.</summary>
/// <remarks>
/// <para>Step 1: send, and see that a chat reply answers and its first event comes (<see cref="StreamOpening"/>).</para>
/// <para>Step 2: read one event; while that takes time, the policy is asked (<see cref="StreamAttempt"/>).</para>
/// <para>Step 3: fold the event into the evidence, and hand out its chunks (<see cref="ReplyFold"/>).</para>
/// <para>Step 4: ask the policy whether to go on.</para>
/// <para>Step 5: let the judge decide, hang up, hand out the outcome, and only then throw.</para>
/// </remarks>
internal sealed class StreamPump : IRunningReply
{
    private readonly ChatCall _call;
    private readonly HangUp _hangUp;
    private readonly SilenceWatch _watch;
    private readonly Gathering _gathering = new();
    private readonly StreamOpening _opening;
    private CallTelemetry? _telemetry;
    private ChatChunk? _current;
    private bool _hasEnded;

    public StreamPump(ChatCall call, CancellationToken callersToken, CancellationToken enumeratorsToken)
    {
        _call = call;
        _hangUp = new HangUp(callersToken, enumeratorsToken);
        _watch = new SilenceWatch(call.Termination, call.Clock, _hangUp.Source);
        _opening = new StreamOpening(call, _hangUp, _watch, _gathering);
    }

    public ChatChunk Current => _current ?? throw new InvalidOperationException("The enumeration has not begun.");

    public StreamOutcome? Outcome { get; private set; }

    public ChatCompletion? Completion { get; private set; }

    private StreamAttempt Attempt => _opening.Attempt;

    private bool HasSent => _telemetry is not null;

    public ValueTask<bool> MoveNextAsync()
    {
        if (TakeChunk())
            return new ValueTask<bool>(true);

        if (!_hasEnded)
            return HasSent ? Advance() : AdvanceAsync(read: null);

        return Outcome is { } outcome && outcome.Throws(_call.IncompleteStreams)
            ? ValueTask.FromException<bool>(new IncompleteStreamException(outcome, Completion!))
            : new ValueTask<bool>(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_hasEnded)
            await EndAsync(StopCause.ConsumerLeft).ConfigureAwait(false);

        _hangUp.Dispose();
    }

    private bool TakeChunk()
    {
        if (!Attempt.TakeChunk(out ChatChunk? chunk))
            return false;

        _current = chunk;
        return true;
    }

    // What is here already is handed out without any waiting, and so without the machinery of an asynchronous method.
    private ValueTask<bool> Advance()
    {
        try
        {
            while (Attempt.Stop is null && !_hangUp.IsRequested)
            {
                ValueTask<bool> read = Attempt.BeginRead();
                if (!read.IsCompletedSuccessfully)
                    return AdvanceAsync(read);

                Attempt.Observe(read.Result);
                if (TakeChunk())
                    return new ValueTask<bool>(true);
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
            if (!HasSent)
            {
                await SendAsync().ConfigureAwait(false);
                if (TakeChunk())
                    return true;
            }

            while (Attempt.Stop is null)
            {
                await Attempt.ReadAsync(read).ConfigureAwait(false);
                read = null;
                if (TakeChunk())
                    return true;
            }

            await EndAsync(Attempt.Stop.Value).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            return await FailAsync(failure).ConfigureAwait(false);
        }

        if (Outcome!.StoppedBy == StopCause.CallerCancelled)
            throw _hangUp.ToException();

        _current = new ChatChunk { HasChoice = false, Outcome = Outcome };
        return true;
    }

    private async ValueTask<bool> FailAsync(Exception failure)
    {
        _telemetry?.Fail(failure);
        await CloseAsync(hangUp: true).ConfigureAwait(false);
        ExceptionDispatchInfo.Throw(failure);
        return false;
    }

    // Step 1.
    private ValueTask SendAsync()
    {
        _telemetry = new CallTelemetry(_call);
        _watch.Start(_call.BeganAt ?? _call.Clock.GetTimestamp());
        return _opening.OpenAsync(_telemetry);
    }

    // Step 5.
    private async ValueTask EndAsync(StopCause cause)
    {
        StreamEvidence evidence = Attempt.Evidence;
        Attempt.Close();
        _gathering.AssembleInto(evidence);
        Outcome = OutcomeJudge.Decide(evidence, cause, _gathering.Complete());
        Completion = new ChatCompletion { Outcome = Outcome, Choices = Outcome.Received };
        _telemetry?.End(Completion);
        bool isOver = cause == StopCause.EndOfBody || cause == StopCause.Sentinel || evidence.BodyEnd is not null;
        await CloseAsync(hangUp: !isOver).ConfigureAwait(false);
    }

    private async ValueTask CloseAsync(bool hangUp)
    {
        _hasEnded = true;
        await _watch.DisposeAsync().ConfigureAwait(false);
        await Attempt.LetGoAsync(hangUp).ConfigureAwait(false);
        _opening.Leave();
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace VllmAdapter;

/// <summary>Runs one reply: bytes -> events -> chunks -> judgement -> outcome.</summary>
/// <remarks>
/// <para>Step 1: send, and see that a chat reply answers and its first event comes. Until then nothing began, and it may be tried again.</para>
/// <para>Step 2: read one event; while that takes time, the policy is asked.</para>
/// <para>Step 3: fold the event into the evidence, and hand out its chunks (<see cref="ReplyFold"/>).</para>
/// <para>Step 4: ask the policy whether to go on.</para>
/// <para>Step 5: let the judge decide, hang up, hand out the outcome, and only then throw.</para>
/// </remarks>
internal sealed class StreamPump : IRunningReply
{
    private readonly ChatCall _call;
    private readonly CancellationToken _callersToken;
    private readonly CancellationToken _enumeratorsToken;
    private readonly CancellationTokenSource _hangUp;
    private readonly SilenceWatch _watch;
    private readonly Gathering _gathering = new();
    private readonly List<FailedAttempt> _failed = [];

    // Of the call as a whole.
    private CallTelemetry? _telemetry;
    private IDisposable? _slot;
    private ChatChunk? _current;
    private StopCause? _stop;
    private int _handedOut;
    private bool _hasSent;
    private bool _hasEnded;

    // Of the attempt under way.
    private int _attempts;
    private string _requestId;
    private TimeSpan _attemptBeganAt;
    private StreamEvidence _evidence;
    private CancellationTokenSource? _attemptsHangUp;
    private OpenReply? _reply;
    private ReplyFold? _fold;
    private VllmRequestException? _lastFailure;
    private VllmRequestException? _lastCut;

    public StreamPump(ChatCall call, CancellationToken callersToken, CancellationToken enumeratorsToken)
    {
        (_call, _callersToken, _enumeratorsToken) = (call, callersToken, enumeratorsToken);
        _hangUp = CancellationTokenSource.CreateLinkedTokenSource(callersToken, enumeratorsToken);
        _requestId = call.IdOf(attempt: 1);
        _evidence = new StreamEvidence { Asked = call.Asked, RequestId = _requestId, Secret = call.Transport.ApiKey };
        _watch = new SilenceWatch(call.Termination, call.Clock, _hangUp);
        _watch.Observe(_evidence);
    }

    public ChatChunk Current => _current ?? throw new InvalidOperationException("The enumeration has not begun.");

    public StreamOutcome? Outcome { get; private set; }

    public ChatCompletion? Completion { get; private set; }

    public ValueTask<bool> MoveNextAsync()
    {
        if (TakeChunk())
            return new ValueTask<bool>(true);

        if (!_hasEnded)
            return _hasSent ? Advance() : AdvanceAsync(read: null);

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
        if (_fold is null || _handedOut >= _fold.Chunks.Count)
            return false;

        _current = _fold.Chunks[_handedOut++];
        return true;
    }

    // What is here already is handed out without any waiting, and so without the machinery of an asynchronous method.
    private ValueTask<bool> Advance()
    {
        try
        {
            while (_stop is null && !_hangUp.IsCancellationRequested)
            {
                ValueTask<bool> read = _fold!.ReadAsync();
                if (!read.IsCompletedSuccessfully)
                    return AdvanceAsync(read);

                Observe(read.Result);
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
            if (!_hasSent)
            {
                await OpenAsync().ConfigureAwait(false);
                if (TakeChunk())
                    return true;
            }

            while (_stop is null)
            {
                await ReadAsync(read).ConfigureAwait(false);
                read = null;
                if (TakeChunk())
                    return true;
            }

            await EndAsync(_stop.Value).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            return await FailAsync(failure).ConfigureAwait(false);
        }

        if (_stop == StopCause.CallerCancelled)
            throw new OperationCanceledException(_callersToken.IsCancellationRequested ? _callersToken : _enumeratorsToken);

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
    private async ValueTask OpenAsync()
    {
        _hasSent = true;
        _telemetry = new CallTelemetry(_call);
        _watch.Start(_call.BeganAt ?? _call.Clock.GetTimestamp());
        _watch.BeginWait(isSilence: false);
        try
        {
            if (_call.Slots is { } slots)
                _slot = await slots.TakeAsync(_hangUp.Token).ConfigureAwait(false);

            await _call.Resilience
                .ExecuteAsync(static (pump, token) => pump.AttemptAsync(token), this, _hangUp.Token).ConfigureAwait(false);
            if (_reply is null && _stop is null)
                throw (Exception?)_lastFailure ?? new InvalidOperationException("The resilience pipeline came to an end without an attempt.");
        }
        catch (VllmRequestException failure) when (ReferenceEquals(failure, _lastCut))
        {
            // Nothing came of the last attempt, and that is what the judge will say of it.
        }
        catch (OperationCanceledException given) when (_hangUp.IsCancellationRequested)
        {
            GiveUp(given);
        }
        catch (ExecutionRejectedException rejected)
        {
            throw _lastFailure ?? Rejected(rejected);
        }
    }

    private async ValueTask AttemptAsync(CancellationToken pipelinesToken)
    {
        BeginAttempt();
        try
        {
            CancellationToken hangUp = _hangUp.Token;
            if (pipelinesToken == hangUp)
            {
                await ReadFirstEventAsync(hangUp).ConfigureAwait(false);
                return;
            }

            // A time limit of the pipeline's ends the attempt, but has no say once the stream began.
            _attemptsHangUp = CancellationTokenSource.CreateLinkedTokenSource(hangUp);
            using (pipelinesToken.UnsafeRegister(static attempt => ((CancellationTokenSource)attempt!).Cancel(), _attemptsHangUp))
                await ReadFirstEventAsync(_attemptsHangUp.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (!_hangUp.IsCancellationRequested)
        {
            await FailAttemptAsync(failure).ConfigureAwait(false);
            throw;
        }
    }

    private void BeginAttempt()
    {
        _watch.EndWait();
        TimeSpan waited = _watch.Elapsed - _attemptBeganAt;
        _attemptBeganAt = _watch.Elapsed;
        (_lastFailure, _lastCut) = (null, null);
        if (++_attempts == 1)
            return;

        _telemetry!.Retry(_failed[^1], _attempts - 1, waited - _failed[^1].Took);
        (_stop, _fold, _handedOut) = (null, null, 0);
        _requestId = _call.IdOf(_attempts);
        _evidence = new StreamEvidence
        {
            Asked = _call.Asked,
            RequestId = _requestId,
            FailedAttempts = [.. _failed],
            Secret = _call.Transport.ApiKey,
        };
        _watch.Observe(_evidence);
    }

    private async ValueTask ReadFirstEventAsync(CancellationToken hangUp)
    {
        HttpResponseMessage response = await SendAsync(hangUp).ConfigureAwait(false);
        _reply = await OpenReply.OpenAsync(response, _call, hangUp).ConfigureAwait(false);
        _fold = new ReplyFold(_call, About(), _reply, _evidence, _watch, _gathering, _telemetry!);
        _evidence.HeadersCame(_watch.Elapsed, _reply.IsWhole);
        while (_stop is null && !_fold.HasBegun)
            await ReadAsync(begun: null).ConfigureAwait(false);

        if (!_hangUp.IsCancellationRequested)
            hangUp.ThrowIfCancellationRequested();

        if (_evidence.Fault is { } fault && !_fold.HasBegun && !(_reply.IsWhole && _reply.Bytes.BytesRead > 0))
            throw _lastCut = VllmRequestException.For(About() with { Cause = fault });
    }

    // The server is let go of at once, not only when the next attempt begins.
    private async ValueTask FailAttemptAsync(Exception failure)
    {
        _fold?.Close();
        await LetGoAsync(hangUp: true).ConfigureAwait(false);
        _lastFailure = failure as VllmRequestException;
        _failed.Add(new FailedAttempt { RequestId = _requestId, Reason = failure.Message, Took = _watch.Elapsed - _attemptBeganAt });
        if (_lastFailure?.RetryAfter is { } wait && _watch.WouldStopWithin(wait))
            await _hangUp.CancelAsync().ConfigureAwait(false);
        else
            _watch.BeginWait(isSilence: false);
    }

    // Between two attempts the time ran out, or will before the server wants to be asked again: what is known is how the last one failed.
    private void GiveUp(OperationCanceledException given)
    {
        bool isCallers = _callersToken.IsCancellationRequested || _enumeratorsToken.IsCancellationRequested;
        if (isCallers || _lastFailure is null)
            _stop = CauseOf(given);
        else if (!ReferenceEquals(_lastFailure, _lastCut))
            ExceptionDispatchInfo.Throw(_lastFailure);
    }

    private VllmRequestException Rejected(ExecutionRejectedException rejected) => VllmRequestException.For(About() with
    {
        Cause = rejected,
        GaveUpAfter = (rejected as TimeoutRejectedException)?.Timeout,
        WasRejected = rejected is not TimeoutRejectedException,
        RetryAfter = (rejected as BrokenCircuitException)?.RetryAfter,
    });

    private FailedRequest About() => _call.About(_requestId, _attempts);

    private async ValueTask<HttpResponseMessage> SendAsync(CancellationToken hangUp)
    {
        using CurrentSpan current = _telemetry!.Send(_requestId);
        using HttpRequestMessage message = _call.NewMessage(_requestId);

        // vLLM answers a stream with headers at once and owes its chunks from then on; the headers of a whole reply come with it.
        _watch.BeginWait(isSilence: _call.AsksForWholeReply);
        HttpResponseMessage response;
        try
        {
            response = await _call.Transport.SendAsync(message, About(), _call.HeadersLimit, hangUp).ConfigureAwait(false);
        }
        finally
        {
            _watch.EndWait();
        }

        if (OpenReply.CanBeOne(response))
            return response;

        using (response)
            throw await _call.Transport.NotAReplyAsync(response, About(), hangUp).ConfigureAwait(false);
    }

    // Step 2. A wait that ended the stream leaves its cause.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReadAsync(ValueTask<bool>? begun)
    {
        bool hasEvent;
        bool waits = false;
        try
        {
            if (begun is null)
                _hangUp.Token.ThrowIfCancellationRequested();

            ValueTask<bool> read = begun ?? _fold!.ReadAsync();
            waits = !read.IsCompleted;
            if (waits)
                _watch.BeginWait();

            hasEvent = await read.ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            _stop = CauseOf(fault);
            return;
        }
        finally
        {
            if (waits)
                _watch.EndWait();
        }

        Observe(hasEvent);
    }

    private void Observe(bool hasEvent)
    {
        _handedOut = 0;
        _fold!.Observe(hasEvent);
        _stop = _fold.Stop;
    }

    private StopCause CauseOf(Exception fault)
    {
        if (_callersToken.IsCancellationRequested || _enumeratorsToken.IsCancellationRequested)
            return StopCause.CallerCancelled;

        _watch.Failure?.Throw();

        // Silence after bytes that are no stream changes nothing about them.
        if (_watch.Stopped is { } cause && _reply?.Bytes.Refusal is null)
            return cause;

        if (_fold is null)
            _evidence.Cut(fault);
        else
            _fold.Break(fault);

        return StopCause.Fault;
    }

    // Step 5.
    private async ValueTask EndAsync(StopCause cause)
    {
        _stop = cause;
        _fold?.Close();
        _gathering.AssembleInto(_evidence);
        Outcome = OutcomeJudge.Decide(_evidence, cause) with { Received = _gathering.Complete() };
        Completion = new ChatCompletion { Outcome = Outcome, Choices = Outcome.Received };
        _telemetry?.End(Completion);
        bool isOver = cause == StopCause.EndOfBody || cause == StopCause.Sentinel || _evidence.BodyEnd is not null;
        await CloseAsync(hangUp: !isOver).ConfigureAwait(false);
    }

    private async ValueTask CloseAsync(bool hangUp)
    {
        _hasEnded = true;
        await _watch.DisposeAsync().ConfigureAwait(false);
        await LetGoAsync(hangUp).ConfigureAwait(false);
        _slot?.Dispose();
    }

    private async ValueTask LetGoAsync(bool hangUp)
    {
        if (_reply is not null)
            await _reply.CloseAsync(hangUp).ConfigureAwait(false);

        _reply = null;
        _attemptsHangUp?.Dispose();
        _attemptsHangUp = null;
    }
}

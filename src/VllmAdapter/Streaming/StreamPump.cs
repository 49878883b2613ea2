using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Text;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace VllmAdapter;

/// <summary>Runs one reply: bytes -> events -> chunks -> judgement -> outcome.</summary>
/// <remarks>
/// <para>Step 1: send, and see that a chat reply answers and its first event comes. Until then nothing began, and it may be tried again.</para>
/// <para>Step 2: read one event; while that takes time, the policy is asked.</para>
/// <para>Step 3: fold the event into the evidence, and hand out its chunks.</para>
/// <para>Step 4: ask the policy whether to go on.</para>
/// <para>Step 5: let the judge decide, hang up, hand out the outcome, and only then throw.</para>
/// </remarks>
internal sealed class StreamPump : IRunningReply
{
    private const string Done = "[DONE]";

    private static readonly List<ChatChunk> NoChunks = [];

    private readonly ChatCall _call;
    private readonly CancellationToken _callersToken;
    private readonly CancellationToken _enumeratorsToken;
    private readonly CancellationTokenSource _hangUp;
    private readonly SilenceWatch _watch;
    private readonly Gathering _gathering = new();

    private readonly List<FailedAttempt> _failed = [];
    private StreamEvidence _evidence;
    private string _requestId;
    private int _attempts;
    private TimeSpan _attemptBeganAt;
    private TimeSpan _failedAt;
    private VllmRequestException? _lastFailure;
    private VllmRequestException? _lastCut;
    private CancellationTokenSource? _attemptsHangUp;
    private IDisposable? _slot;
    private CallTelemetry? _telemetry;
    private OpenReply? _reply;
    private List<ChatChunk> _chunks = NoChunks;
    private int _handedOut;
    private ChatChunk? _current;
    private StopCause? _stop;
    private EventKind? _glued;
    private bool _hasSent;
    private bool _hasBegun;
    private bool _tailWasRead;
    private bool _hasEnded;

    public StreamPump(ChatCall call, CancellationToken callersToken, CancellationToken enumeratorsToken)
    {
        (_call, _callersToken, _enumeratorsToken) = (call, callersToken, enumeratorsToken);
        _hangUp = CancellationTokenSource.CreateLinkedTokenSource(callersToken, enumeratorsToken);
        _requestId = call.IdOf(attempt: 1);
        _evidence = new StreamEvidence { Asked = call.Asked, RequestId = _requestId };
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
        if (_handedOut >= _chunks.Count)
            return false;

        _current = _chunks[_handedOut++];
        return true;
    }

    // What is here already is handed out without any waiting, and so without the machinery of an asynchronous method.
    private ValueTask<bool> Advance()
    {
        try
        {
            while (_stop is null && !_hangUp.IsCancellationRequested)
            {
                ValueTask<bool> read = NextEvent();
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

    private async ValueTask<bool> FailAsync(Exception failure)
    {
        _telemetry?.Fail(failure);
        await CloseAsync(hangUp: true).ConfigureAwait(false);
        ExceptionDispatchInfo.Throw(failure);
        return false;
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
                if (read is null && _hangUp.IsCancellationRequested)
                    _stop = CauseOf(new OperationCanceledException());
                else if (await WaitAsync(read ?? NextEvent()).ConfigureAwait(false) is { } more)
                    Observe(more);

                read = null;
                if (TakeChunk())
                    return true;
            }

            await EndAsync(_stop.Value).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            _telemetry?.Fail(failure);
            await CloseAsync(hangUp: true).ConfigureAwait(false);
            throw;
        }

        if (_stop == StopCause.CallerCancelled)
            throw new OperationCanceledException(_callersToken.IsCancellationRequested ? _callersToken : _enumeratorsToken);

        _current = new ChatChunk { HasChoice = false, Outcome = Outcome };
        return true;
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
        _attemptBeganAt = _watch.Elapsed;
        (_lastFailure, _lastCut) = (null, null);
        if (++_attempts == 1)
            return;

        _telemetry?.Retry(_failed[^1], _attempts, _attemptBeganAt - _failedAt);
        (_stop, _hasBegun, _tailWasRead) = (null, false, false);
        (_chunks, _handedOut, _glued) = (NoChunks, 0, null);
        _requestId = _call.IdOf(_attempts);
        _evidence = new StreamEvidence { Asked = _call.Asked, RequestId = _requestId, FailedAttempts = [.. _failed] };
        _watch.Observe(_evidence);
    }

    private async ValueTask ReadFirstEventAsync(CancellationToken hangUp)
    {
        HttpResponseMessage response = await SendAsync(hangUp).ConfigureAwait(false);
        _reply = await OpenReply.OpenAsync(response, _call.Clock, _call.MaxEventBytes, hangUp).ConfigureAwait(false);
        _evidence.HeadersCame(_watch.Elapsed, _reply.IsWhole);
        while (_stop is null && !_hasBegun)
        {
            if (_hangUp.IsCancellationRequested)
                _stop = CauseOf(new OperationCanceledException());
            else if (await WaitAsync(NextEvent()).ConfigureAwait(false) is { } more)
                Observe(more);
        }

        if (!_hangUp.IsCancellationRequested)
            hangUp.ThrowIfCancellationRequested();

        if (_evidence.Fault is { } fault && !_hasBegun && !(_reply.IsWhole && _reply.Bytes.BytesRead > 0))
            throw _lastCut = VllmRequestException.For(About() with { Cause = fault });
    }

    // The server is let go of at once, not only when the next attempt begins.
    private async ValueTask FailAttemptAsync(Exception failure)
    {
        if (_reply is not null)
        {
            _evidence.ObserveBytes(_reply.Bytes.BytesRead, _reply.Bytes.KeepAlives);
            await LetGoAsync(hangUp: true).ConfigureAwait(false);
        }

        _lastFailure = failure as VllmRequestException;
        _failedAt = _watch.Elapsed;
        _failed.Add(new FailedAttempt { RequestId = _requestId, Reason = failure.Message, Took = _failedAt - _attemptBeganAt });
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

    // Step 2. Two events that a proxy glued together are two events.
    private ValueTask<bool> NextEvent()
    {
        _glued = _reply!.Decoder.DecodeGlued();
        return _glued is null ? _reply.ReadAsync() : new ValueTask<bool>(true);
    }

    /// <returns>Whether there is an event; null if the wait for it ended the stream.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool?> WaitAsync(ValueTask<bool> read)
    {
        bool waits = !read.IsCompleted;
        if (waits)
            _watch.BeginWait();

        try
        {
            return await read.ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            _stop = CauseOf(fault);
            return null;
        }
        finally
        {
            if (waits)
                _watch.EndWait();
        }
    }

    private void Observe(bool hasEvent)
    {
        if (hasEvent)
            Fold(_glued ?? _reply!.Current);
        else
            EndBody();
    }

    // Step 3, then step 4.
    private void Fold(EventKind kind)
    {
        EventDecoder decoder = _reply!.Decoder;
        bool isTail = _reply.Bytes.EndedInsideEvent;
        _chunks = NoChunks;
        _handedOut = 0;
        _watch.Stamp(_reply.Bytes.LastReadAt, isChunk: kind == EventKind.Chunk && decoder.Chunks.Count > 0);
        _evidence.ObserveEvent(_reply.Bytes.BytesRead, _reply.Bytes.KeepAlives);
        _tailWasRead |= isTail && kind != EventKind.Unreadable;
        if (_evidence.SentinelSeen && kind != EventKind.Nothing)
        {
            _evidence.ObserveEventAfterSentinel();
        }
        else if (kind == EventKind.Chunk)
        {
            if (_reply.IsWhole && decoder.Chunks.Count == 0)
                throw _call.Transport.NotAReply(_reply.Response, About(), _reply.Whole);

            HandOut(decoder);
        }
        else if (kind == EventKind.Marker)
        {
            _evidence.ObserveMarker(decoder.Marker!, isSentinel: decoder.Marker == Done);
        }
        else if (kind == EventKind.Error)
        {
            HandOut(decoder);
            Fail(decoder.Error!);
        }
        else if (kind == EventKind.Unreadable)
        {
            Distrust(decoder, isTail);
        }

        // What cannot be read ends the stream; the half of an event before a cut is no event.
        _hasBegun |= kind is not (EventKind.Nothing or EventKind.Unreadable);
        _stop ??= _watch.Ask();
        JudgeMarker(kind, isTail);
    }

    private void HandOut(EventDecoder decoder)
    {
        _chunks = decoder.Chunks;
        _evidence.Fold(decoder.Reader);
        if (_telemetry!.TimesChunks && _chunks.Count > 0)
            _telemetry.Chunk(_evidence);

        foreach (ChatChunk chunk in _chunks)
        {
            if (chunk.HasChoice)
                _gathering.Add(chunk);
        }
    }

    private void Fail(ServerError error)
    {
        if (!_hasBegun && !_evidence.Choices.Any(choice => choice.HasOutput))
        {
            throw VllmRequestException.For(About() with
            {
                Status = _reply!.Response.StatusCode,
                ContentType = _reply.Response.Content.Headers.ContentType?.MediaType,
                Error = error,
                InsideStream = true,
            });
        }

        _evidence.Fail(error);
        _stop = StopCause.Fault;
    }

    private void Distrust(EventDecoder decoder, bool isTail)
    {
        _evidence.KeepUnread(decoder.Unreadable);
        bool isCut = isTail || (_reply!.IsWhole && decoder.IsCut);
        if (isCut)
        {
            if (!isTail)
                _stop = EndInside();
        }
        else if (_reply!.IsWhole && !_call.AsksForWholeReply)
        {
            throw _call.Transport.NotAReply(_reply.Response, About(), _reply.Whole);
        }
        else
        {
            _evidence.Malform(decoder.WhyUnreadable!);
            _stop = StopCause.Fault;
        }
    }

    // A marker that no policy knows is no JSON either.
    private void JudgeMarker(EventKind kind, bool isTail)
    {
        if (kind != EventKind.Marker || _evidence.SentinelSeen)
            return;

        if (_stop == StopCause.Sentinel)
        {
            _evidence.ObserveMarker(_evidence.Marker!, isSentinel: true);
        }
        else if (_stop is null && isTail)
        {
            _evidence.KeepUnread(_evidence.Marker);
            _tailWasRead = false;
        }
        else if (_stop is null)
        {
            _evidence.KeepUnread(_evidence.Marker);
            _evidence.Malform("an event holds neither JSON nor a marker that the termination policy knows");
            _stop = StopCause.Fault;
        }
    }

    private void EndBody()
    {
        ObservedStream bytes = _reply!.Bytes;
        _evidence.ObserveBytes(bytes.BytesRead, bytes.KeepAlives);
        if (bytes.EndedInsideEvent && !_tailWasRead)
        {
            _stop = EndInside();
            return;
        }

        _evidence.End(BodyEnd.InOrder);
        _stop = StopCause.EndOfBody;
        if (_evidence.Events == 0 && bytes.ForeignLines > 0)
        {
            _evidence.Malform("the body is called an event stream but holds no events");
            _stop = StopCause.Fault;
        }
    }

    private StopCause EndInside()
    {
        _evidence.End(BodyEnd.InsideEvent);
        return StopCause.EndOfBody;
    }

    private StopCause CauseOf(Exception fault)
    {
        if (_callersToken.IsCancellationRequested || _enumeratorsToken.IsCancellationRequested)
            return StopCause.CallerCancelled;

        _watch.Failure?.Throw();
        if (_watch.Stopped is { } cause)
            return cause;

        if (_reply?.Bytes is { Refusal: { } refusal } bytes)
        {
            Refuse(bytes, refusal);
        }
        else if (fault is InvalidDataException)
        {
            _evidence.Malform($"the body cannot be decompressed: {fault.Message}");
        }
        else
        {
            _evidence.KeepUnread(_reply is { IsWhole: true } ? _reply.WholeExcerpt : null);
            _evidence.Cut(fault);
        }

        return StopCause.Fault;
    }

    // A gateway may write its error without a frame; anything else in the place of events is no stream.
    private void Refuse(ObservedStream bytes, string refusal)
    {
        if (ServerError.TryRead(bytes.RefusedLine, out ServerError? error))
        {
            Fail(error);
            return;
        }

        _evidence.KeepUnread(Encoding.UTF8.GetString(bytes.RefusedLine));
        _evidence.Malform(refusal);
    }

    // Step 5.
    private async ValueTask EndAsync(StopCause cause)
    {
        _stop = cause;
        if (_reply is not null)
        {
            _evidence.ObserveBytes(_reply.Bytes.BytesRead, _reply.Bytes.KeepAlives);
            _evidence.Close(_reply.Decoder.Reader);
        }

        if (_tailWasRead)
            _evidence.EndWithoutBlankLine();

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

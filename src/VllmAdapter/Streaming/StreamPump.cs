using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Text;

namespace VllmAdapter;

/// <summary>Runs one reply: bytes -> events -> chunks -> judgement -> outcome.</summary>
/// <remarks>
/// <para>Step 1: send, and see that a chat reply answers. An error as its first event still means that nothing began.</para>
/// <para>Step 2: read one event; while that takes time, the policy is asked.</para>
/// <para>Step 3: fold the event into the evidence, and hand out its chunks.</para>
/// <para>Step 4: ask the policy whether to go on.</para>
/// <para>Step 5: let the judge decide, hang up, hand out the outcome, and only then throw.</para>
/// </remarks>
internal sealed class StreamPump : IAsyncEnumerator<ChatChunk>
{
    private const string Done = "[DONE]";

    private static readonly List<ChatChunk> NoChunks = [];

    private readonly ChatCall _call;
    private readonly CancellationToken _callersToken;
    private readonly CancellationToken _enumeratorsToken;
    private readonly CancellationTokenSource _hangUp;
    private readonly SilenceWatch _watch;
    private readonly Gathering _gathering = new();
    private readonly string _requestId;

    private readonly StreamEvidence _evidence;
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
        _requestId = call.Headers?.RequestId ?? call.NewRequestId();
        _evidence = new StreamEvidence { Asked = call.Asked, RequestId = _requestId };
        _watch = new SilenceWatch(call.Termination, _evidence, call.Clock, _hangUp);
    }

    public ChatChunk Current => _current ?? throw new InvalidOperationException("The enumeration has not begun.");

    /// <summary>How the stream ended; null before, and for a request that never became a stream.</summary>
    public StreamOutcome? Outcome { get; private set; }

    /// <summary>What was received; null before the end.</summary>
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
                await OpenAsync().ConfigureAwait(false);

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
        _watch.Start();
        try
        {
            HttpResponseMessage response = await SendAsync().ConfigureAwait(false);
            _reply = await OpenReply.OpenAsync(response, _call.Clock, _call.MaxEventBytes, _hangUp.Token).ConfigureAwait(false);
            _evidence.HeadersCame(_watch.Elapsed, _reply.IsWhole);
        }
        catch (OperationCanceledException given) when (_hangUp.IsCancellationRequested)
        {
            _stop = CauseOf(given);
        }
    }

    private async ValueTask<HttpResponseMessage> SendAsync()
    {
        using CurrentSpan current = _telemetry!.Send(_requestId);
        using HttpRequestMessage message = _call.NewMessage(_requestId);
        if (_call.AsksForWholeReply)
            _watch.BeginWait();

        HttpResponseMessage response;
        try
        {
            response = await _call.Transport
                .SendAsync(message, _call.About(_requestId), _call.HeadersLimit, _hangUp.Token).ConfigureAwait(false);
        }
        finally
        {
            if (_call.AsksForWholeReply)
                _watch.EndWait();
        }

        if (OpenReply.CanBeOne(response))
            return response;

        using (response)
            throw await _call.Transport.NotAReplyAsync(response, _call.About(_requestId), _hangUp.Token).ConfigureAwait(false);
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
                throw _call.Transport.NotAReply(_reply.Response, _call.About(_requestId), _reply.Whole);

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

        _hasBegun |= kind != EventKind.Nothing;
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
            throw VllmRequestException.For(_call.About(_requestId) with
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
            throw _call.Transport.NotAReply(_reply.Response, _call.About(_requestId), _reply.Whole);
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
        if (_reply is not null)
            await _reply.CloseAsync(hangUp).ConfigureAwait(false);

        _reply = null;
    }
}

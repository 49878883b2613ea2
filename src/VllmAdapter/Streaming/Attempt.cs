using System.Runtime.CompilerServices;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>A call, sent once, and the reply to it: from its sending to its last event. It owns everything that it received.</summary>
internal sealed class Attempt : IAsyncDisposable
{
    private readonly StopSignal _whole;
    private readonly StopSignal _signal;
    private readonly SilenceWatch _watch;
    private readonly PolicyWatch _policy;
    private readonly CallTelemetry _telemetry;
    private List<FailedAttempt>? _resent;
    private ChatCall _call;
    private TimeSpan _begunAt;
    private ReplyBody? _body;
    private AttemptLog? _log;
    private IReadOnlyList<ChatChoice>? _gathered;

    public Attempt(
        ChatCall call, StopSignal whole, SilenceWatch watch, CallTelemetry telemetry, int number, IReadOnlyList<FailedAttempt> before)
    {
        (_call, _whole, _watch, _telemetry, Number) = (call, whole, watch, telemetry, number);
        _signal = new StopSignal(whole);
        RequestId = call.IdOf(number);
        Evidence = new StreamEvidence
        {
            Request = call.Evidence,
            SentinelExpected = call.ExpectsSentinel,
            RequestId = RequestId,
            FailedAttempts = before,
            Secrets = call.Secrets,
        };
        _policy = new PolicyWatch(call.Termination, whole, _signal, watch, Evidence);
    }

    /// <summary>The id under which it was sent last.</summary>
    public string RequestId { get; private set; }

    /// <summary>Which sending of the request it is, from 1; a connection that was closed under it makes it one more.</summary>
    public int Number { get; private set; }

    /// <summary>The sendings that were in vain, for their connection was closed before any byte of an answer.</summary>
    public IReadOnlyList<FailedAttempt> Resent => _resent ?? [];

    public StreamEvidence Evidence { get; }

    /// <summary>What the events so far say of the whole reply.</summary>
    public ReplyHead Head => _log?.Head ?? default;

    /// <summary>Why not to read on; null to go on.</summary>
    public TerminationCause? Stop => _signal.Cause;

    /// <summary>Whether an event came that makes the reply one.</summary>
    public bool HasBegun => _log is { HasBegun: true };

    /// <summary>What is to be said of the attempt if nothing came of it; null if something did, or if it was stopped from outside.</summary>
    public VllmRequestException? Failure { get; private set; }

    /// <summary>The fields of the reply without a property; null if there are none.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Extra => _log?.Extra;

    /// <summary>What a failure is to say of this attempt.</summary>
    public FailureFacts About => _call.About(RequestId, Number);

    /// <summary>Step 1: sends, and reads until the first event came.</summary>
    /// <param name="limit">The time until then, if there is a limit.</param>
    /// <param name="pipelinesToken">Ends the attempt, but has no say once it has begun.</param>
    /// <exception cref="VllmRequestException">No chat reply answered, it broke off before its first event, or that event did not come in time.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask BeginAsync(TimeSpan? limit, CancellationToken pipelinesToken)
    {
        _begunAt = _watch.ElapsedNow;
        try
        {
            using (pipelinesToken == _whole.Token
                ? default
                : pipelinesToken.UnsafeRegister(static signal => ((StopSignal)signal!).TryStop(TerminationCause.Pipeline), _signal))
            {
                _watch.Limit(limit);
                await ReadFirstAsync(await SendAsync().ConfigureAwait(false)).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (Stop is not null)
        {
            // The signal says why.
        }

        _watch.Limit(null);
        _whole.ThrowIfFailed();
        if (Stop == TerminationCause.Pipeline)
            throw new OperationCanceledException(pipelinesToken);

        if (HasBegun)
            _call.Images?.Arrived(_call);

        if (HasBegun || NothingCame() is not { } facts)
            return;

        // Without an answer it is no stream that the judge could speak of.
        var failure = VllmRequestException.For(facts);
        Failure = _body is null ? null : failure;
        throw failure;
    }

    /// <summary>The next chunk to hand out; null if there is none.</summary>
    public ChatChunk? TakeChunk()
    {
        ChatChunk? chunk = _log?.TakeChunk();
        if (chunk is not null)
            _watch.Pause(isTimed: !_log!.IsProgress || _watch.SinceFinish is not null);

        return chunk;
    }

    /// <summary>Step 2, begun: what is here already needs no waiting.</summary>
    public ValueTask<bool> BeginRead() => _body!.ReadAsync();

    /// <summary>Step 2, waited for: until the result is disposed, the policy is asked.</summary>
    public Wait WaitUnless(bool isOver) => new(isOver ? null : _watch);

    /// <summary>Steps 3 and 4: takes over what a read came to, and asks the policy about it.</summary>
    public void Observe(bool hasEvent)
    {
        _body!.Take(hasEvent);
        CountWhatCame();
        if (!hasEvent)
        {
            _log!.EndOfBody();
            _log.HandOutRest();
            _signal.TryEnd(_log.Stop!.Value);
            return;
        }

        EventKind kind = _body.Current;
        _log!.Observe(kind);
        _policy.HasBegun = _log.HasBegun;
        if (_log.HasChunks)
        {
            if (_telemetry.TimesChunks)
                _telemetry.Chunk(Evidence);

            if (_log.IsProgress)
                _watch.Progressed();

            // Nothing delivered, nothing counted: a premature "stop" is no finish (open-webui/open-webui#23921).
            if (Evidence.EveryChoiceDeclared && (Evidence.HasOutput || Evidence.UsageIsFinal))
                _watch.Finished();

            _policy.Stamp();
        }

        TerminationCause? policys = _policy.Ask();
        if (kind == EventKind.Sentinel)
            _log.JudgeSentinel(policys);

        if ((_log.Stop ?? policys) is not { } stop)
            return;

        _log.HandOutRest();
        _signal.TryEnd(stop);
    }

    /// <summary>Takes over why nothing more can be read.</summary>
    public void Break(Exception fault)
    {
        _whole.ThrowIfFailed();

        // Silence after bytes that are no stream changes nothing about them.
        bool isRefused = _body?.Refusal is not null;
        if (Stop is not null && !(isRefused && Stop.Value.IsSilence))
            return;

        if (_body is not null)
            CountWhatCame();

        if (_log is null)
            Evidence.Cut(fault);
        else
            _log.Break(fault);

        _signal.TryEnd(TerminationCause.Fault);
    }

    /// <summary>Ends the evidence; nothing is read any more.</summary>
    /// <returns>What was gathered.</returns>
    public IReadOnlyList<ChatChoice> Close()
    {
        if (_gathered is not null)
            return _gathered;

        _policy.Settle();
        _log?.Close();
        Evidence.Secrets = Secrets.None;
        return _gathered = _log?.Complete() ?? [];
    }

    /// <summary>Hangs up, and lets go of the reply.</summary>
    public ValueTask DisposeAsync() => LetGoAsync(hangUp: true);

    /// <summary>Lets go of the reply.</summary>
    /// <param name="hangUp">Whether the server is to stop generating; not where it has ended by itself, for the connection can be used again.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask LetGoAsync(bool hangUp)
    {
        if (Interlocked.Exchange(ref _body, null) is { } body)
            await body.CloseAsync(hangUp).ConfigureAwait(false);

        _signal.Dispose();
    }

    private void CountWhatCame()
    {
        _watch.CountTo(_body!.Bytes.LastReadAt);
        if (_body.IsWhole)
            Evidence.IsOneWhole();

        _policy.Stamp();
    }

    // A hang, a cut and an end in order without one event are alike: nothing began, and it may be asked again. A whole reply that takes
    // its time may be a long one.
    private FailureFacts? NothingCame() => Stop switch
    {
        { } stop when stop == TerminationCause.FirstChunkTimeout && !_call.AsksForWholeReply => About with { GaveUpAfter = _watch.ElapsedNow - _begunAt },
        _ when _body is { IsWhole: true, Bytes.BytesRead: > 0 } => null,
        { } stop when stop == TerminationCause.Fault && Evidence.Fault is { } fault => About with { Cause = fault, BrokeOffAfter = Evidence.SilentFor },
        { } stop when stop == TerminationCause.EndOfBody && Evidence is { Malformation: null, Events: 0 } =>
            About with { Cause = new HttpIOException(HttpRequestError.ResponseEnded, "The reply ended without a single event."), BrokeOffAfter = Evidence.SilentFor },
        _ => null,
    };

    private ValueTask<HttpResponseMessage> SendAsync() => _call.Images is { } images ? SendAsync(images) : SendOnceAsync();

    private async ValueTask<HttpResponseMessage> SendAsync(ImagesOnce images)
    {
        try
        {
            return await SendOnceAsync().ConfigureAwait(false);
        }
        catch (VllmRequestException missed) when (images.AreMissed(missed))
        {
            _call = _call with { Body = images.WholeBody(_call.Body) };
            SendAgain(missed.Message);
            return await SendOnceAsync().ConfigureAwait(false);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<HttpResponseMessage> SendOnceAsync()
    {
        using CurrentSpan current = _telemetry.Send(RequestId);
        using HttpRequestMessage message = _call.NewMessage(RequestId);

        // vLLM answers a stream with headers at once and owes its chunks from then on; the headers of a whole reply come with it.
        _watch.LimitHeaders(_call.HeadersLimit);
        _watch.BeginWait(isOwed: _call.AsksForWholeReply);
        try
        {
            if (_call.Transport.ApiKeys.Rotate)
                Hide(await _call.Transport.ApiKeys.AuthorizeAsync(message, _signal.Token).ConfigureAwait(false));

            HttpResponseMessage response = await _call.Transport.SendAsync(message, _ => About, _signal.Token, Resend).ConfigureAwait(false);
            LetGoOf(response.RequestMessage);
            return response;
        }
        catch (OperationCanceledException given) when (Stop == TerminationCause.HeadersTimeout)
        {
            throw VllmRequestException.For(About with { GaveUpAfter = _call.HeadersLimit, Cause = given });
        }
        finally
        {
            _watch.EndWait();
            _watch.LimitHeaders(null);
        }
    }

    // .NET's connection keeps the request for as long as the answer takes, with its headers and the whole conversation in its body.
    private static void LetGoOf(HttpRequestMessage? answered)
    {
        if (answered is null)
            return;

        answered.Content = null;
        answered.Headers.Clear();
    }

    // A key that was given for this attempt alone must show in nothing that it brings.
    private void Hide(string? key)
    {
        _call = _call with { Secrets = _call.Secrets.And(key) };
        Evidence.Secrets = _call.Secrets;
        _telemetry.Hide(_call.Secrets);
    }

    private string Resend(HttpRequestException closed) => SendAgain(VllmRequestException.For(About with { Cause = closed }).Message);

    private string SendAgain(string reason)
    {
        var inVain = new FailedAttempt
        {
            RequestId = RequestId,
            Reason = reason,
            Took = _watch.ElapsedNow - _begunAt,
        };
        (_resent ??= []).Add(inVain);
        RequestId = _call.IdOf(++Number);
        Evidence.Resent(inVain, RequestId);
        _telemetry.Retry(inVain, Number - 1, TimeSpan.Zero);
        return RequestId;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReadFirstAsync(HttpResponseMessage response)
    {
        _body = await ReplyBody.OpenAsync(response, _call, _signal.Token).ConfigureAwait(false);
        _log = new AttemptLog(_call, this, _body);
        _watch.Owe();
        Evidence.HeadersCame(_watch.Elapsed);
        while (Stop is null && !_log.HasBegun)
        {
            bool hasEvent;
            try
            {
                ValueTask<bool> read = BeginRead();
                using (WaitUnless(read.IsCompleted))
                    hasEvent = await read.ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                Break(fault);
                return;
            }

            Observe(hasEvent);
        }
    }

    /// <summary>A wait for a read, if it is not over at once.</summary>
    public readonly struct Wait : IDisposable
    {
        private readonly SilenceWatch? _watch;

        public Wait(SilenceWatch? watch)
        {
            _watch = watch;
            watch?.BeginWait();
        }

        public void Dispose() => _watch?.EndWait();
    }
}

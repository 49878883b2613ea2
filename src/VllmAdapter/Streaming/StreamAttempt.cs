using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace VllmAdapter;

/// <summary>A call, sent once, and the reply to it: from its sending to its last event.</summary>
internal sealed class StreamAttempt
{
    private readonly ChatCall _call;
    private readonly HangUp _hangUp;
    private readonly SilenceWatch _watch;
    private readonly Gathering _gathering;
    private readonly int _number;
    private CancellationTokenSource? _pipelinesHangUp;
    private OpenReply? _reply;
    private ReplyFold? _fold;
    private int _handedOut;

    public StreamAttempt(
        ChatCall call, HangUp hangUp, SilenceWatch watch, Gathering gathering, int number, IReadOnlyList<FailedAttempt> before)
    {
        (_call, _hangUp, _watch, _gathering, _number) = (call, hangUp, watch, gathering, number);
        RequestId = call.IdOf(number);
        Evidence = new StreamEvidence
        {
            Asked = call.Asked,
            RequestId = RequestId,
            FailedAttempts = before,
            Secrets = call.Secrets,
        };
        watch.Observe(Evidence);
    }

    public string RequestId { get; }

    public StreamEvidence Evidence { get; }

    /// <summary>Why not to read on; null to go on.</summary>
    public StopCause? Stop { get; private set; }

    public bool HasReply => _reply is not null;

    /// <summary>The failure of an attempt that was answered and broke off before its first event.</summary>
    public VllmRequestException? Cut { get; private set; }

    /// <summary>What a failure is to say of this attempt.</summary>
    public FailureFacts About => _call.About(RequestId, _number);

    /// <summary>Step 1, once: send, and read until the first event came.</summary>
    /// <exception cref="VllmRequestException">No chat reply answered, or it broke off before its first event.</exception>
    public async ValueTask BeginAsync(CallTelemetry telemetry, CancellationToken pipelinesToken)
    {
        CancellationToken hangUp = _hangUp.Token;
        if (pipelinesToken == hangUp)
        {
            await BeginWithAsync(telemetry, hangUp).ConfigureAwait(false);
            return;
        }

        // A time limit of the pipeline's ends the attempt, but has no say once the stream began.
        _pipelinesHangUp = CancellationTokenSource.CreateLinkedTokenSource(hangUp);
        using (pipelinesToken.UnsafeRegister(static attempt => ((CancellationTokenSource)attempt!).Cancel(), _pipelinesHangUp))
            await BeginWithAsync(telemetry, _pipelinesHangUp.Token).ConfigureAwait(false);
    }

    public bool TakeChunk([NotNullWhen(true)] out ChatChunk? chunk)
    {
        bool isThere = _fold is not null && _handedOut < _fold.Chunks.Count;
        chunk = isThere ? _fold!.Chunks[_handedOut++] : null;
        return isThere;
    }

    /// <summary>Step 2, begun: what is here already needs no waiting.</summary>
    public ValueTask<bool> BeginRead() => _fold!.ReadAsync();

    /// <summary>Step 2: reads one event, and meanwhile lets the policy be asked. A wait that ended the stream leaves its cause.</summary>
    /// <param name="begun">A read under way; null to begin one.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask ReadAsync(ValueTask<bool>? begun)
    {
        bool hasEvent;
        bool waits = false;
        try
        {
            if (begun is null)
                _hangUp.Token.ThrowIfCancellationRequested();

            ValueTask<bool> read = begun ?? BeginRead();
            waits = !read.IsCompleted;
            if (waits)
                _watch.BeginWait();

            hasEvent = await read.ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            Break(fault);
            return;
        }
        finally
        {
            if (waits)
                _watch.EndWait();
        }

        Observe(hasEvent);
    }

    /// <summary>Steps 3 and 4: takes over what a read came to.</summary>
    public void Observe(bool hasEvent)
    {
        _handedOut = 0;
        _fold!.Observe(hasEvent);
        Stop = _fold.Stop;
    }

    /// <summary>Takes over why nothing more can be read.</summary>
    public void Break(Exception fault)
    {
        if (_hangUp.IsTheCallers)
        {
            Stop = StopCause.CallerCancelled;
            return;
        }

        _watch.Failure?.Throw();

        // Silence after bytes that are no stream changes nothing about them.
        if (_watch.Stopped is { } cause && _reply?.Bytes.Refusal is null)
        {
            Stop = cause;
            return;
        }

        if (_fold is null)
            Evidence.Cut(fault);
        else
            _fold.Break(fault);

        Stop = StopCause.Fault;
    }

    /// <summary>Ends the evidence; nothing is read any more.</summary>
    public void Close() => _fold?.Close();

    public async ValueTask LetGoAsync(bool hangUp)
    {
        if (_reply is not null)
            await _reply.CloseAsync(hangUp).ConfigureAwait(false);

        _reply = null;
        _pipelinesHangUp?.Dispose();
        _pipelinesHangUp = null;
    }

    private async ValueTask BeginWithAsync(CallTelemetry telemetry, CancellationToken hangUp)
    {
        HttpResponseMessage response = await SendAsync(telemetry, hangUp).ConfigureAwait(false);
        _reply = await OpenReply.OpenAsync(response, _call, hangUp).ConfigureAwait(false);
        _fold = new ReplyFold(_call, About, _reply, Evidence, _watch, _gathering, telemetry);
        Evidence.HeadersCame(_watch.Elapsed, _reply.IsWhole);
        while (Stop is null && !_fold.HasBegun)
            await ReadAsync(begun: null).ConfigureAwait(false);

        if (!_hangUp.IsRequested)
            hangUp.ThrowIfCancellationRequested();

        if (Evidence.Fault is { } fault && !_fold.HasBegun && !(_reply.IsWhole && _reply.Bytes.BytesRead > 0))
            throw Cut = VllmRequestException.For(About with { Cause = fault, BrokeOffAfter = Evidence.SilentFor });
    }

    private async ValueTask<HttpResponseMessage> SendAsync(CallTelemetry telemetry, CancellationToken hangUp)
    {
        using CurrentSpan current = telemetry.Send(RequestId);
        using HttpRequestMessage message = _call.NewMessage(RequestId);

        // vLLM answers a stream with headers at once and owes its chunks from then on; the headers of a whole reply come with it.
        _watch.BeginWait(isSilence: _call.AsksForWholeReply);
        HttpResponseMessage response;
        try
        {
            response = await _call.Transport.SendAsync(message, About, _call.HeadersLimit, hangUp).ConfigureAwait(false);
        }
        finally
        {
            _watch.EndWait();
        }

        if (OpenReply.CanBeOne(response))
            return response;

        using (response)
            throw await _call.Transport.NotAReplyAsync(response, About, hangUp).ConfigureAwait(false);
    }
}

using System.Runtime.ExceptionServices;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace VllmAdapter;

/// <summary>
/// Step 1 of a reply: attempts, as many as the resilience pipeline wants, until a chat reply answers and its first event came. Until then
/// nothing began, and it may be tried again.
/// </summary>
internal sealed class StreamOpening
{
    private readonly ChatCall _call;
    private readonly HangUp _hangUp;
    private readonly SilenceWatch _watch;
    private readonly Gathering _gathering;
    private readonly List<FailedAttempt> _failed = [];
    private CallTelemetry? _telemetry;
    private IDisposable? _slot;
    private TimeSpan _attemptBeganAt;
    private VllmRequestException? _lastFailure;
    private int _attempts;

    public StreamOpening(ChatCall call, HangUp hangUp, SilenceWatch watch, Gathering gathering)
    {
        (_call, _hangUp, _watch, _gathering) = (call, hangUp, watch, gathering);
        Attempt = NewAttempt(number: 1);
    }

    /// <summary>The attempt under way, or the last one.</summary>
    public StreamAttempt Attempt { get; private set; }

    /// <exception cref="VllmRequestException">No attempt got a reply.</exception>
    public async ValueTask OpenAsync(CallTelemetry telemetry)
    {
        _telemetry = telemetry;
        _watch.BeginWait(isSilence: false);
        try
        {
            if (_call.Slots is { } slots)
                _slot = await slots.TakeAsync(_hangUp.Token).ConfigureAwait(false);

            await _call.Resilience
                .ExecuteAsync(static (opening, token) => opening.TryAsync(token), this, _hangUp.Token).ConfigureAwait(false);
            if (!Attempt.HasReply && Attempt.Stop is null)
                throw (Exception?)_lastFailure ?? new InvalidOperationException("The resilience pipeline came to an end without an attempt.");
        }
        catch (VllmRequestException failure) when (ReferenceEquals(failure, Attempt.Cut))
        {
            // Nothing came of the last attempt, and that is what the judge will say of it.
        }
        catch (OperationCanceledException given) when (_hangUp.IsRequested)
        {
            GiveUp(given);
        }
        catch (ExecutionRejectedException rejected)
        {
            throw _lastFailure ?? Rejected(rejected);
        }
    }

    /// <summary>Gives back the call's place among those that run at once.</summary>
    public void Leave() => _slot?.Dispose();

    private StreamAttempt NewAttempt(int number) => new(_call, _hangUp, _watch, _gathering, number, [.. _failed]);

    private async ValueTask TryAsync(CancellationToken pipelinesToken)
    {
        Next();
        try
        {
            await Attempt.BeginAsync(_telemetry!, pipelinesToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (!_hangUp.IsRequested)
        {
            await FailAsync(failure).ConfigureAwait(false);
            throw;
        }
    }

    private void Next()
    {
        _watch.EndWait();
        TimeSpan waited = _watch.Elapsed - _attemptBeganAt;
        _attemptBeganAt = _watch.Elapsed;
        _lastFailure = null;
        if (++_attempts == 1)
            return;

        _telemetry!.Retry(_failed[^1], _attempts - 1, waited - _failed[^1].Took);
        Attempt = NewAttempt(_attempts);
    }

    // The server is let go of at once, not only when the next attempt begins.
    private async ValueTask FailAsync(Exception failure)
    {
        Attempt.Close();
        await Attempt.LetGoAsync(hangUp: true).ConfigureAwait(false);
        _lastFailure = failure as VllmRequestException;
        _failed.Add(new FailedAttempt { RequestId = Attempt.RequestId, Reason = failure.Message, Took = _watch.Elapsed - _attemptBeganAt });
        if (_lastFailure?.RetryAfter is { } wait && _watch.WouldStopWithin(wait))
            await _hangUp.Source.CancelAsync().ConfigureAwait(false);
        else
            _watch.BeginWait(isSilence: false);
    }

    // Between two attempts the time ran out, or will before the server wants to be asked again: what is known is how the last one failed.
    private void GiveUp(OperationCanceledException given)
    {
        if (_hangUp.IsTheCallers || _lastFailure is null)
            Attempt.Break(given);
        else if (!ReferenceEquals(_lastFailure, Attempt.Cut))
            ExceptionDispatchInfo.Throw(_lastFailure);
    }

    private VllmRequestException Rejected(ExecutionRejectedException rejected) => VllmRequestException.For(Attempt.About with
    {
        Attempts = _attempts,
        Cause = rejected,
        GaveUpAfter = (rejected as TimeoutRejectedException)?.Timeout,
        WasRejected = rejected is not TimeoutRejectedException,
        RetryAfter = (rejected as BrokenCircuitException)?.RetryAfter,
    });
}

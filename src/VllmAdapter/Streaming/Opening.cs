using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace VllmAdapter;

/// <summary>
/// Step 1 of a reply: attempts, as many as the resilience pipeline wants, until a chat reply answers and its first event came. Until then
/// nothing began, and it may be tried again.
/// </summary>
internal sealed class Opening(ChatCall call, StopSignal signal, SilenceWatch watch, CallTelemetry telemetry)
{
    // A limit beyond this is none.
    private static readonly TimeSpan LongestLimit = TimeSpan.FromDays(24);

    private FailedAttempt[] _failed = [];
    private Attempt? _attempt;
    private Attempt? _next;
    private VllmRequestException? _lastFailure;
    private TimeSpan _startedAt;
    private TimeSpan _beganAt;
    private int _attempts;
    private int _hangs;

    /// <summary>Waits for a place among the answers under way; null if the wait was given up.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<IDisposable?> WaitForPlaceAsync(StreamSlots slots)
    {
        _next = NewAttempt();
        watch.BeginWait(isOwed: false);
        try
        {
            return await slots.TakeAsync(signal.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (signal.Cause is not null)
        {
            return null;
        }
        finally
        {
            watch.EndWait();
        }
    }

    /// <summary>The attempt that began, or that was stopped before it could.</summary>
    /// <exception cref="VllmRequestException">No attempt got a reply.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Attempt> OpenAsync()
    {
        bool nothingCame = false;
        _next ??= NewAttempt();
        try
        {
            _startedAt = _beganAt = watch.ElapsedNow;
            watch.BeginWait(isOwed: false);
            Outcome<object> outcome = await call.Resilience
                .RunAsync(static (opening, token) => opening.TryOnceAsync(token), this, signal.Token).ConfigureAwait(false);
            outcome.ThrowIfException();
        }
        catch (VllmRequestException failure) when (ReferenceEquals(failure, _attempt?.Failure))
        {
            // That is what the judge will say of it.
            nothingCame = true;
        }
        catch (OperationCanceledException) when (signal.Cause is not null)
        {
            signal.ThrowIfFailed();
            nothingCame = GiveUp();
        }
        catch (ExecutionRejectedException rejected)
        {
            throw _lastFailure ?? Rejected(rejected);
        }
        catch when (_attempt is not null)
        {
            await _attempt.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            watch.EndWait();
        }

        Attempt opened = nothingCame ? _attempt! : _next ?? _attempt!;
        return opened.Stop is not null || opened.HasBegun
            ? opened
            : throw (Exception?)_lastFailure ?? new InvalidOperationException("The resilience pipeline came to an end without an attempt.");
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Outcome<object>> TryOnceAsync(CancellationToken pipelinesToken)
    {
        try
        {
            Begin();
            await _attempt!.BeginAsync(TimeLeft(), pipelinesToken).ConfigureAwait(false);

            // An attempt that was stopped from outside is no success, and a circuit that is tried must not close on it.
            return signal.Cause is null || _attempt.HasBegun
                ? Outcome.FromResult<object>(null)
                : Outcome.FromException<object>(new OperationCanceledException(signal.Token));
        }
        catch (Exception failure)
        {
            if (signal.Cause is null)
                await FailAsync(failure).ConfigureAwait(false);

            return Outcome.FromException<object>(failure);
        }
    }

    // The attempt after this one is made as soon as this one has failed, so that the clock knows what to watch over in between.
    private Attempt NewAttempt() => new(call, signal, watch, telemetry, _attempts + 1, _failed);

    private void Begin()
    {
        watch.EndWait();
        TimeSpan waited = watch.ElapsedNow - _beganAt;
        (_beganAt, _attempt, _next, _lastFailure) = (watch.Elapsed, _next ?? NewAttempt(), null, null);
        if (++_attempts > 1)
            telemetry.Retry(_failed[^1], _attempts - 1, waited - _failed[^1].Took);
    }

    // All attempts together take at most twice the limit of one for its first chunk.
    private TimeSpan? TimeLeft() => call.FirstChunkLimit is { } one && one <= LongestLimit ? (2 * one) - (watch.ElapsedNow - _startedAt) : null;

    // The server is let go of at once, not only when the next attempt begins.
    private async ValueTask FailAsync(Exception failure)
    {
        _attempt!.Close();
        await _attempt.DisposeAsync().ConfigureAwait(false);
        _lastFailure = failure as VllmRequestException;
        _attempts = _attempt.Number;
        var inVain = new FailedAttempt { RequestId = _attempt.RequestId, Reason = failure.Message, Took = watch.ElapsedNow - _beganAt };
        _failed = [.. _failed, .. _attempt.Resent, inVain];

        // One hang may be one server's; two are not asked a third time.
        if (_lastFailure is { GaveUp: true } hung && (++_hangs > 1 || TimeLeft() <= TimeSpan.Zero))
            hung.IsFinal = true;

        if (_lastFailure?.RetryAfter is { } wait && PolicyTraits.Of(call.Termination).Deadline is { } deadline && watch.Elapsed + wait >= deadline)
            _lastFailure.IsFinal = true;

        _next = NewAttempt();
        watch.BeginWait(isOwed: false);
    }

    // Between two attempts the time ran out: what is known is how the last one failed. True if that is for the judge to say.
    private bool GiveUp()
    {
        if (signal.Cause == TerminationCause.CallerCanceled || _lastFailure is null)
            return false;

        if (!ReferenceEquals(_lastFailure, _attempt?.Failure))
            ExceptionDispatchInfo.Throw(_lastFailure);

        return true;
    }

    private VllmRequestException Rejected(ExecutionRejectedException rejected) => VllmRequestException.For((_attempt ?? _next!).About with
    {
        Attempts = _attempts,
        Cause = rejected,
        GaveUpAfter = (rejected as TimeoutRejectedException)?.Timeout,
        WasRejected = rejected is not TimeoutRejectedException,
        RetryAfter = (rejected as BrokenCircuitException)?.RetryAfter,
    });
}

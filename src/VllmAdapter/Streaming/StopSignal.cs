using System.Runtime.ExceptionServices;

namespace VllmAdapter;

/// <summary>Why something stops, and the token that stops it. Cause and cancellation are set together, first come, first served, and never cleared.</summary>
/// <remarks>Thread-safe. The caller, the enumerator, the policy, the time limits, a pipeline and faults all stop a reply by it.</remarks>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenRegistration _first;
    private readonly CancellationTokenRegistration _second;
    private Reason? _reason;
    private StopSignal? _part;

    /// <summary>A signal that the caller's tokens give.</summary>
    public StopSignal(CancellationToken callersToken, CancellationToken enumeratorsToken)
    {
        (Callers, Enumerators) = (callersToken, enumeratorsToken);
        _first = Heed(callersToken);
        _second = enumeratorsToken == callersToken ? default : Heed(enumeratorsToken);
    }

    /// <summary>A signal for a part: what stops the whole stops it too, for the same reason. There is one part at a time.</summary>
    public StopSignal(StopSignal whole)
    {
        Whole = whole;

        // Whichever comes first, the part or the stop of the whole, the other one sees it.
        Interlocked.Exchange(ref whole._part, this);
        if (whole._source.IsCancellationRequested)
            StopAsWhole();
    }

    /// <summary>Canceled as soon as there is a cause, unless reading came to its own end.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Why; null to go on.</summary>
    public TerminationCause? Cause => (Volatile.Read(ref _reason) ?? (Whole is { } whole ? Volatile.Read(ref whole._reason) : null))?.Cause;

    private StopSignal? Whole { get; }

    private CancellationToken Callers { get; }

    private CancellationToken Enumerators { get; }

    /// <summary>Stops what is under way.</summary>
    /// <returns>False if it was stopped already; the first cause stays.</returns>
    public bool TryStop(TerminationCause cause) => Stop(new Reason(cause, Failure: null));

    /// <summary>Stops what is under way because something of the caller's own threw: a policy, for instance.</summary>
    public bool TryFail(Exception failure) => Stop(new Reason(TerminationCause.Fault, ExceptionDispatchInfo.Capture(failure)));

    /// <summary>Notes that reading came to its own end: nothing is under way that had to be canceled.</summary>
    public bool TryEnd(TerminationCause cause) => Interlocked.CompareExchange(ref _reason, new Reason(cause, Failure: null), comparand: null) is null;

    /// <summary>Throws what <see cref="TryFail"/> was given, if it was what stopped this.</summary>
    public void ThrowIfFailed() => Volatile.Read(ref _reason)?.Failure?.Throw();

    /// <summary>What the caller is to catch, with his own token in it.</summary>
    public OperationCanceledException ToException() => new(Callers.IsCancellationRequested ? Callers : Enumerators);

    public void Dispose()
    {
        if (Whole is not null)
            Interlocked.CompareExchange(ref Whole._part, null, this);

        _first.Dispose();
        _second.Dispose();
        _source.Dispose();
    }

    private CancellationTokenRegistration Heed(CancellationToken token) =>
        token.UnsafeRegister(static signal => ((StopSignal)signal!).TryStop(TerminationCause.CallerCanceled), this);

    private void StopAsWhole() => Stop(Whole!._reason!);

    private bool Stop(Reason reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, comparand: null) is not null)
            return false;

        Cancel();
        Volatile.Read(ref _part)?.StopAsWhole();
        return true;
    }

    // What waits for the token goes on elsewhere: not in here, where the clock or the caller may hold a lock.
    private void Cancel()
    {
        try
        {
            _ = _source.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It was let go of at this very moment, and nothing waits any more.
        }
    }

    private sealed record Reason(TerminationCause Cause, ExceptionDispatchInfo? Failure);
}

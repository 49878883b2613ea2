namespace VllmAdapter;

/// <summary>Step 4 of a reply: asks the policy about one attempt, after every event and when a wait that it granted is over, and stops on its word.</summary>
internal sealed class PolicyWatch : SilenceWatch.IWaiting
{
    private readonly IStreamTerminationPolicy _policy;
    private readonly PolicyTraits _traits;
    private readonly StopSignal _whole;
    private readonly StopSignal _attempt;
    private readonly SilenceWatch _watch;
    private readonly StreamEvidence _evidence;
    private (TimeSpan Elapsed, TimeSpan Silent, TimeSpan? SinceFinish)? _stoppedAt;

    public PolicyWatch(IStreamTerminationPolicy policy, StopSignal whole, StopSignal attempt, SilenceWatch watch, StreamEvidence evidence)
    {
        (_policy, _whole, _attempt, _watch, _evidence) = (policy, whole, attempt, watch, evidence);
        _traits = PolicyTraits.Of(policy);
        watch.TurnTo(this);
    }

    /// <summary>Whether the first event came.</summary>
    public bool HasBegun { private get; set; }

    /// <summary>Writes the time into the evidence.</summary>
    public void Stamp() => _evidence.At(_watch.Elapsed, _watch.SilentFor, _watch.SinceFinish);

    /// <summary>Asks about what was observed.</summary>
    /// <returns>Why to stop; null to go on.</returns>
    public TerminationCause? Ask()
    {
        TerminationDecision decision = _policy.Judge(_evidence);

        // While nothing is owed, a wait for the sake of silence would end in nothing: no timer is set for it.
        TimeSpan? wait = _watch.IsOwed || !_traits.StopsOnlyByDeadline ? decision.Wait
            : _traits.Deadline is { } deadline ? deadline - _evidence.Elapsed
            : null;
        _watch.Grant(wait);
        return decision.Cause;
    }

    /// <summary>Puts the times at which a wait was stopped back into the evidence: what came while it was being stopped does not contradict them.</summary>
    public void Settle()
    {
        if (_stoppedAt is { } at)
            _evidence.At(at.Elapsed, at.Silent, at.SinceFinish);
    }

    bool SilenceWatch.IWaiting.OnGrantOver()
    {
        Stamp();
        try
        {
            if (Ask() is not { } cause)
                return true;

            StopWaiting(cause);
        }
        catch (Exception failure)
        {
            _whole.TryFail(failure);
        }

        return false;
    }

    void SilenceWatch.IWaiting.OnLimitOver()
    {
        Stamp();
        StopWaiting(TerminationCause.FirstChunkTimeout);
    }

    void SilenceWatch.IWaiting.OnHeadersOver() => _attempt.TryStop(TerminationCause.HeadersTimeout);

    // That the first chunk does not come may be the fault of one server of several; everything else ends the reply.
    private void StopWaiting(TerminationCause cause)
    {
        bool isTheAttempts = cause == TerminationCause.FirstChunkTimeout && !HasBegun;
        if (isTheAttempts ? _attempt.TryStop(cause) : _whole.TryStop(cause))
            _stoppedAt = (_evidence.Elapsed, _evidence.SilentFor, _evidence.SinceFinish);
    }
}

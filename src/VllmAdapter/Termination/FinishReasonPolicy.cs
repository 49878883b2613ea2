namespace VllmAdapter;

internal sealed class FinishReasonPolicy(TimeSpan grace) : IStreamTerminationPolicy
{
    // Usage, the sentinel and, behind some gateways, late deltas follow the finish reason: hence the grace. It is counted from the finish,
    // so that late deltas do not renew it for ever.
    public TerminationDecision Judge(StreamEvidence evidence) => evidence.SinceFinish switch
    {
        null => TerminationDecision.Continue,
        { } since when since >= grace => TerminationDecision.Stop(TerminationCause.FinishReason),
        { } since => TerminationDecision.ContinueFor(grace - since),
    };
}

namespace VllmAdapter;

internal sealed class FinishReasonPolicy(TimeSpan grace) : IStreamTerminationPolicy
{
    // Usage, the end marker and, behind some gateways, late deltas follow the finish reason: hence the grace. It counts from the finish, or
    // a server that never ends would renew it for ever; and it does not begin while nothing was delivered: some servers say "stop" first.
    public TerminationDecision Judge(StreamEvidence evidence) => evidence.SinceFinish switch
    {
        null => TerminationDecision.Continue,
        { } since when since >= grace => TerminationDecision.Stop(StopCause.FinishReason),
        { } since => TerminationDecision.ContinueFor(grace - since),
    };
}

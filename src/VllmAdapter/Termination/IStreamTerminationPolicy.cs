namespace VllmAdapter;

/// <summary>Decides when to stop reading a stream; what the end means is the judge's business, not the policy's.</summary>
/// <remarks>
/// <para>
/// A policy is asked after every observation and again when a wait that it granted is over: only about moments that have come, never about
/// what would be later. It is a pure function of the evidence: it keeps no state and starts no timer, so one instance serves any number of
/// streams at once.
/// </para>
/// <para>
/// The evidence is only valid during the call: the adapter keeps writing to the same instance, so that nothing is allocated
/// per chunk. The end of the body, faults and error events end the stream whatever the policy says.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// sealed class AtMostChunks(int limit) : IStreamTerminationPolicy
/// {
///     public TerminationDecision Judge(StreamEvidence evidence) =>
///         evidence.Chunks >= limit ? TerminationDecision.Stop(new TerminationCause("chunk-limit")) : TerminationDecision.Continue;
/// }
/// </code>
/// </example>
public interface IStreamTerminationPolicy
{
    /// <summary>Says whether to continue.</summary>
    /// <param name="evidence">What was observed so far.</param>
    TerminationDecision Judge(StreamEvidence evidence);
}

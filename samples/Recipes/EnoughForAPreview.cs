using VllmAdapter;
using VllmAdapter.Diagnostics;

// <policy>
/// <summary>Stops reading once the answer is longer than a preview needs.</summary>
internal sealed class EnoughForAPreview(int characters) : IStreamTerminationPolicy
{
    public static TerminationCause Enough { get; } = new("enough for a preview");

    public TerminationDecision Judge(StreamEvidence evidence) => evidence.Choices.Any(choice => choice.TextLength >= characters)
        ? TerminationDecision.Stop(Enough)
        : TerminationDecision.Continue;
}
// </policy>

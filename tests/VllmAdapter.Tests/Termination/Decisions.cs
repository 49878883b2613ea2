using System.Globalization;

namespace VllmAdapter.Tests.Termination;

/// <summary>Decisions in words: "go on", "wait 5" (seconds), "stop: cause".</summary>
internal static class Decisions
{
    public static TerminationDecision Read(string words) => words.Split(' ') switch
    {
        ["stop:", var cause] => TerminationDecision.Stop(new TerminationCause(cause)),
        ["wait", var seconds] => TerminationDecision.ContinueFor(TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture))),
        _ => TerminationDecision.Continue,
    };

    /// <summary>One policy for each decision, which it gives whatever the evidence.</summary>
    public static IStreamTerminationPolicy[] Policies(string decisions) =>
        [.. decisions.Split(", ").Select(words => new Decided(Read(words)))];

    private sealed class Decided(TerminationDecision decision) : IStreamTerminationPolicy
    {
        public TerminationDecision Judge(StreamEvidence evidence) => decision;
    }
}

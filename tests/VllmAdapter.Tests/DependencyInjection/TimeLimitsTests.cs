namespace VllmAdapter.Tests.DependencyInjection;

public sealed class TimeLimitsTests
{
    public static TheoryData<TimeLimits, StreamEvidence, TerminationDecision> Limits => new()
    {
        { new() { FirstChunk = TimeSpan.FromSeconds(7) }, new() { SilentFor = TimeSpan.FromSeconds(7) }, TerminationDecision.Stop(TerminationCause.FirstChunkTimeout) },
        {
            new() { BetweenChunks = TimeSpan.FromSeconds(7) },
            new() { Chunks = 1, SilentFor = TimeSpan.FromSeconds(6) },
            TerminationDecision.ContinueFor(TimeSpan.FromSeconds(1))
        },
        { new() { Total = TimeSpan.FromSeconds(7) }, new() { Chunks = 1, Elapsed = TimeSpan.FromSeconds(7) }, TerminationDecision.Stop(TerminationCause.Deadline) },
        { new(), new() { SentinelText = "[DONE]", SentinelSeen = true }, TerminationDecision.Stop(TerminationCause.Sentinel) },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public void Limits_make_the_policy_that_holds_them(TimeLimits limits, StreamEvidence evidence, TerminationDecision decision) =>
        limits.ToPolicy().Judge(evidence).Should().Be(decision);

    [Fact]
    public void A_grace_is_held_after_the_finish_reason()
    {
        var declared = new StreamEvidence
        {
            Chunks = 1,
            SinceFinish = TimeSpan.FromSeconds(3),
            Choices = [new ChoiceEvidence { Declared = [FinishReason.Stop] }],
        };

        new TimeLimits { Grace = TimeSpan.FromSeconds(3) }.ToPolicy().Judge(declared).Should().Be(TerminationDecision.Stop(TerminationCause.FinishReason));
        new TimeLimits { Grace = TimeSpan.FromSeconds(4) }.ToPolicy().Judge(declared).Should().Be(TerminationDecision.ContinueFor(TimeSpan.FromSeconds(1)));
    }
}

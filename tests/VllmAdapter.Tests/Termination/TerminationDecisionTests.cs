namespace VllmAdapter.Tests.Termination;

public sealed class TerminationDecisionTests
{
    [Fact]
    public void To_go_on_is_to_wait_as_long_as_it_takes() =>
        TerminationDecision.Continue.Should().Match<TerminationDecision>(decision => !decision.IsStop && decision.Wait == null && decision.Cause == null);

    [Fact]
    public void To_wait_is_no_stop() =>
        TerminationDecision.ContinueFor(TimeSpan.FromSeconds(3))
            .Should().Match<TerminationDecision>(decision => !decision.IsStop && decision.Wait == TimeSpan.FromSeconds(3) && decision.Cause == null);

    [Fact]
    public void A_wait_that_is_over_is_none() => TerminationDecision.ContinueFor(TimeSpan.FromSeconds(-3)).Wait.Should().Be(TimeSpan.Zero);

    [Fact]
    public void A_stop_names_its_cause() =>
        TerminationDecision.Stop(TerminationCause.Deadline)
            .Should().Match<TerminationDecision>(decision => decision.IsStop && decision.Cause == TerminationCause.Deadline && decision.Wait == null);

    [Fact]
    public void A_stop_without_a_cause_is_refused() =>
        FluentActions.Invoking(() => TerminationDecision.Stop(default)).Should().Throw<ArgumentException>().WithParameterName("cause");
}

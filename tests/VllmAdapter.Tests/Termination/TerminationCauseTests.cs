namespace VllmAdapter.Tests.Termination;

public sealed class TerminationCauseTests
{
    [Fact]
    public void A_cause_is_its_name()
    {
        new TerminationCause("deadline").Should().Be(TerminationCause.Deadline).And.NotBe(TerminationCause.IdleTimeout);
        TerminationCause.Deadline.ToString().Should().Be("deadline");
        default(TerminationCause).ToString().Should().BeEmpty();
    }

    [Theory]
    [InlineData("seen-enough", true)]
    [InlineData("budget-exhausted", true)]
    [InlineData("finish-reason", true)]
    [InlineData("sentinel", true)]
    [InlineData("end-of-body", false)]
    [InlineData("fault", false)]
    [InlineData("first-chunk-timeout", false)]
    [InlineData("idle-timeout", false)]
    [InlineData("deadline", false)]
    [InlineData("consumer-left", false)]
    [InlineData("caller-canceled", false)]
    public void Some_causes_are_a_policys(string name, bool isOfAPolicy) => new TerminationCause(name).IsOfAPolicy.Should().Be(isOfAPolicy);

    [Fact]
    public void No_cause_is_no_policys() => default(TerminationCause).IsOfAPolicy.Should().BeFalse();

    [Theory]
    [InlineData("first-chunk-timeout", true)]
    [InlineData("idle-timeout", true)]
    [InlineData("deadline", true)]
    [InlineData("end-of-body", false)]
    [InlineData("seen-enough", false)]
    public void Some_causes_are_silence(string name, bool isSilence) => new TerminationCause(name).IsSilence.Should().Be(isSilence);
}

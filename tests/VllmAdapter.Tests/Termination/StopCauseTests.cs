namespace VllmAdapter.Tests.Termination;

public sealed class StopCauseTests
{
    [Fact]
    public void A_cause_is_its_name()
    {
        new StopCause("deadline").Should().Be(StopCause.Deadline).And.NotBe(StopCause.IdleTimeout);
        StopCause.Deadline.ToString().Should().Be("deadline");
        default(StopCause).ToString().Should().BeEmpty();
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
    [InlineData("caller-cancelled", false)]
    public void Some_causes_are_a_policys(string name, bool isOfAPolicy) => new StopCause(name).IsOfAPolicy.Should().Be(isOfAPolicy);

    [Fact]
    public void No_cause_is_no_policys() => default(StopCause).IsOfAPolicy.Should().BeFalse();

    [Theory]
    [InlineData("first-chunk-timeout", true)]
    [InlineData("idle-timeout", true)]
    [InlineData("deadline", true)]
    [InlineData("end-of-body", false)]
    [InlineData("seen-enough", false)]
    public void Some_causes_are_silence(string name, bool isSilence) => new StopCause(name).IsSilence.Should().Be(isSilence);
}

using static VllmAdapter.Termination;

namespace VllmAdapter.Tests.Termination;

public sealed class PolicyTraitsTests
{
    private static IStreamTerminationPolicy Ten => After(TimeSpan.FromSeconds(10));

    private static IStreamTerminationPolicy Twenty => After(TimeSpan.FromSeconds(20));

    private static readonly Dictionary<string, IStreamTerminationPolicy> Policies = new(StringComparer.Ordinal)
    {
        ["a deadline"] = Ten,
        ["the first of a deadline and others"] = FirstOf(OnSentinel(), Ten, OnSilence()),
        ["the first of two deadlines"] = FirstOf(Twenty, Ten),
        ["the first of others"] = FirstOf(OnSentinel(), OnSilence()),
        ["all of two deadlines"] = AllOf(Ten, Twenty),
        ["all of a deadline and another"] = AllOf(Ten, OnSentinel()),
        ["a deadline inside of both"] = FirstOf(OnSentinel(), AllOf(Twenty, FirstOf(Ten, OnSilence()))),
        ["the default"] = Default,
    };

    [Theory]
    [InlineData("a deadline", 10)]
    [InlineData("the first of a deadline and others", 10)]
    [InlineData("the first of two deadlines", 10)]
    [InlineData("all of two deadlines", 20)]
    [InlineData("a deadline inside of both", 20)]
    public void The_time_for_the_whole_is_found_wherever_it_is_named(string policy, int seconds) =>
        PolicyTraits.Of(Policies[policy]).Deadline!.Value.TotalSeconds.Should().Be(seconds);

    [Theory]
    [InlineData("the first of others")]
    [InlineData("all of a deadline and another")]
    [InlineData("the default")]
    public void Where_none_is_named_there_is_none(string policy) => PolicyTraits.Of(Policies[policy]).Deadline.Should().BeNull();
}

using static VllmAdapter.Tests.Termination.Decisions;

namespace VllmAdapter.Tests.Termination;

/// <summary>Policies are pure: literal evidence in, a decision out.</summary>
public sealed class TerminationTests
{
    private static StreamEvidence Streaming(double silent = 0, double elapsed = 0, int chunks = 3) => new()
    {
        Chunks = chunks,
        SilentFor = TimeSpan.FromSeconds(silent),
        Elapsed = TimeSpan.FromSeconds(elapsed),
        Choices = [new ChoiceEvidence { TextLength = 5 }],
    };

    // Evidence of which every choice has declared also says since when.
    private static StreamEvidence Declared(double since, int asked = 1, params string?[] words) => Streaming(since) with
    {
        Request = new RequestEvidence { ChoiceCount = asked },
        SinceFinish = words.Length >= asked && words.All(word => word is not null) ? TimeSpan.FromSeconds(since) : null,
        Choices = [.. words.Select((word, index) => new ChoiceEvidence { Index = index, Declared = word is null ? [] : [new FinishReason(word)] })],
    };

    private static StreamEvidence Marked(string? sentinel) => Streaming() with { SentinelText = sentinel };

    [Fact]
    public void No_limit_is_a_limit_that_a_policy_takes()
    {
        IStreamTerminationPolicy policy = VllmAdapter.Termination.FirstOf(
            VllmAdapter.Termination.OnFinishReason(Timeout.InfiniteTimeSpan),
            VllmAdapter.Termination.OnSilence(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan),
            VllmAdapter.Termination.After(Timeout.InfiniteTimeSpan));

        policy.Judge(new StreamEvidence { Elapsed = TimeSpan.FromDays(300), SilentFor = TimeSpan.FromDays(300) }).Cause.Should().BeNull();
    }

    [Theory]
    [InlineData(null, "go on")]
    [InlineData("[DONE]", "stop: sentinel")]
    [InlineData("[done]", "go on")]
    [InlineData("[END]", "go on")]
    public void The_sentinel_stops(string? sentinel, string decision) =>
        VllmAdapter.Termination.OnSentinel().Judge(Marked(sentinel)).Should().Be(Read(decision));

    [Theory]
    [InlineData("[END]", "stop: sentinel")]
    [InlineData("[DONE]", "go on")]
    public void Another_text_may_be_the_sentinel(string sentinel, string decision) =>
        VllmAdapter.Termination.OnSentinel("[END]").Judge(Marked(sentinel)).Should().Be(Read(decision));

    [Theory]
    [InlineData(0, "wait 2")]
    [InlineData(1.5, "wait 0.5")]
    [InlineData(2, "stop: finish-reason")]
    [InlineData(30, "stop: finish-reason")]
    public void A_finish_reason_stops_after_two_seconds_of_grace(double silent, string decision) =>
        VllmAdapter.Termination.OnFinishReason().Judge(Declared(silent, 1, "stop")).Should().Be(Read(decision));

    [Theory]
    [InlineData(0, "wait 7")]
    [InlineData(7, "stop: finish-reason")]
    public void The_grace_can_be_chosen(double silent, string decision) =>
        VllmAdapter.Termination.OnFinishReason(TimeSpan.FromSeconds(7)).Judge(Declared(silent, 1, "length")).Should().Be(Read(decision));

    [Theory]
    [InlineData(0.1, 1.9, "wait 0.1")]
    [InlineData(0.1, 2, "stop: finish-reason")]
    [InlineData(60, 0.5, "wait 1.5")]
    public void The_grace_counts_from_the_finish_and_not_from_the_last_chunk(double silent, double since, string decision) =>
        VllmAdapter.Termination.OnFinishReason().Judge(Declared(since, 1, "stop") with { SilentFor = TimeSpan.FromSeconds(silent) })
            .Should().Be(Read(decision));

    [Fact]
    public void While_nothing_was_delivered_the_grace_does_not_begin() =>
        VllmAdapter.Termination.OnFinishReason().Judge(Declared(60, 1, "stop") with { SinceFinish = null }).Should().Be(Read("go on"));

    [Fact]
    public void Without_grace_a_finish_reason_stops_at_once() =>
        VllmAdapter.Termination.OnFinishReason(TimeSpan.Zero).Judge(Declared(0, 1, "stop")).Should().Be(Read("stop: finish-reason"));

    [Fact]
    public void Without_a_finish_reason_the_grace_does_not_begin()
    {
        IStreamTerminationPolicy policy = VllmAdapter.Termination.OnFinishReason();

        policy.Judge(new StreamEvidence { SilentFor = TimeSpan.FromHours(1) }).Should().Be(Read("go on"));
        policy.Judge(Streaming(silent: 3600)).Should().Be(Read("go on"));
    }

    [Theory]
    [InlineData(2, "stop", "stop", "stop: finish-reason")]
    [InlineData(2, "stop", null, "go on")]
    [InlineData(3, "stop", "stop", "go on")]
    [InlineData(1, "stop", null, "go on")]
    public void Every_choice_must_have_declared(int asked, string first, string? second, string decision) =>
        VllmAdapter.Termination.OnFinishReason().Judge(Declared(60, asked, first, second)).Should().Be(Read(decision));

    [Theory]
    [InlineData(0, 0, "wait 300")]
    [InlineData(0, 299, "wait 1")]
    [InlineData(0, 300, "stop: first-chunk-timeout")]
    [InlineData(1, 0, "wait 120")]
    [InlineData(1, 119.5, "wait 0.5")]
    [InlineData(1, 120, "stop: idle-timeout")]
    public void Silence_is_allowed_five_minutes_before_the_first_chunk_and_two_after(int chunks, double silent, string decision) =>
        VllmAdapter.Termination.OnSilence().Judge(Streaming(silent, chunks: chunks)).Should().Be(Read(decision));

    [Theory]
    [InlineData(0, 10, "stop: first-chunk-timeout")]
    [InlineData(0, 9, "wait 1")]
    [InlineData(5, 1, "stop: idle-timeout")]
    [InlineData(5, 0, "wait 1")]
    public void The_silence_can_be_chosen(int chunks, double silent, string decision) =>
        VllmAdapter.Termination.OnSilence(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1)).Judge(Streaming(silent, chunks: chunks))
            .Should().Be(Read(decision));

    [Theory]
    [InlineData(0, "wait 60")]
    [InlineData(59, "wait 1")]
    [InlineData(60, "stop: deadline")]
    [InlineData(61, "stop: deadline")]
    public void A_deadline_counts_the_whole_stream(double elapsed, string decision) =>
        VllmAdapter.Termination.After(TimeSpan.FromSeconds(60)).Judge(Streaming(elapsed: elapsed)).Should().Be(Read(decision));

    [Theory]
    [InlineData("go on, go on", "go on")]
    [InlineData("go on, wait 5", "wait 5")]
    [InlineData("wait 7, wait 5", "wait 5")]
    [InlineData("wait 5, wait 7", "wait 5")]
    [InlineData("wait 5, stop: x", "stop: x")]
    [InlineData("go on, stop: x", "stop: x")]
    [InlineData("stop: x, stop: y", "stop: x")]
    public void The_first_of_several_policies_stops(string each, string decision) =>
        VllmAdapter.Termination.FirstOf(Policies(each)).Judge(new StreamEvidence()).Should().Be(Read(decision));

    [Theory]
    [InlineData("stop: x, stop: y", "stop: x")]
    [InlineData("stop: x", "stop: x")]
    [InlineData("stop: x, wait 5", "wait 5")]
    [InlineData("wait 5, stop: x, wait 7", "wait 7")]
    [InlineData("wait 7, wait 5", "wait 7")]
    [InlineData("stop: x, go on", "go on")]
    [InlineData("wait 5, go on", "go on")]
    [InlineData("go on, wait 5", "go on")]
    [InlineData("stop: x, wait 0", "wait 0")]
    public void All_of_several_policies_stop_together(string each, string decision) =>
        VllmAdapter.Termination.AllOf(Policies(each)).Judge(new StreamEvidence()).Should().Be(Read(decision));

    [Fact]
    public void Combinations_combine()
    {
        IStreamTerminationPolicy policy = VllmAdapter.Termination.AllOf(
            VllmAdapter.Termination.OnFinishReason(TimeSpan.Zero),
            VllmAdapter.Termination.FirstOf(VllmAdapter.Termination.OnSentinel(), VllmAdapter.Termination.After(TimeSpan.FromSeconds(60))));

        policy.Judge(Declared(0, 1, "stop")).Should().Be(Read("wait 60"));
        policy.Judge(Declared(0, 1, "stop") with { SentinelText = "[DONE]" }).Should().Be(Read("stop: finish-reason"));
        policy.Judge(Marked("[DONE]")).Should().Be(Read("go on"));
    }

    [Fact]
    public void Policies_named_once_stay_as_they_were_named()
    {
        IStreamTerminationPolicy[] policies = Policies("go on");
        IStreamTerminationPolicy combined = VllmAdapter.Termination.FirstOf(policies);
        policies[0] = Policies("stop: x")[0];

        combined.Judge(new StreamEvidence()).Should().Be(Read("go on"));
    }

    public static TheoryData<StreamEvidence, string> Default => new()
    {
        { Marked("[DONE]"), "stop: sentinel" },
        { Declared(0, 1, "stop"), "wait 2" },
        { Declared(2, 1, "stop"), "stop: finish-reason" },
        { Streaming(silent: 2), "wait 118" },
        { Streaming(silent: 120), "stop: idle-timeout" },
        { Streaming(silent: 299, chunks: 0), "wait 1" },
        { Streaming(silent: 300, chunks: 0), "stop: first-chunk-timeout" },
        { Declared(120, 1, "stop") with { SentinelText = "[DONE]" }, "stop: sentinel" },
        { Declared(120, 1, "stop"), "stop: finish-reason" },
    };

    [Theory]
    [MemberData(nameof(Default))]
    public void By_default_the_sentinel_the_reasons_or_silence_stop(StreamEvidence evidence, string decision) =>
        VllmAdapter.Termination.Default.Judge(evidence).Should().Be(Read(decision));

    [Fact]
    public void Time_is_not_negative()
    {
        TimeSpan negative = TimeSpan.FromTicks(-1);

        FluentActions.Invoking(() => VllmAdapter.Termination.OnFinishReason(negative)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("grace");
        FluentActions.Invoking(() => VllmAdapter.Termination.OnSilence(negative)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("beforeFirstChunk");
        FluentActions.Invoking(() => VllmAdapter.Termination.OnSilence(betweenChunks: negative)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("betweenChunks");
        FluentActions.Invoking(() => VllmAdapter.Termination.After(negative)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("deadline");
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void A_sentinel_has_a_text(string sentinel) =>
        FluentActions.Invoking(() => VllmAdapter.Termination.OnSentinel(sentinel)).Should().Throw<ArgumentException>().WithParameterName(nameof(sentinel));

    [Fact]
    public void A_combination_needs_policies()
    {
        FluentActions.Invoking(() => VllmAdapter.Termination.FirstOf()).Should().Throw<ArgumentException>().WithParameterName("policies");
        FluentActions.Invoking(() => VllmAdapter.Termination.AllOf()).Should().Throw<ArgumentException>().WithParameterName("policies");
        FluentActions.Invoking(() => VllmAdapter.Termination.FirstOf(null!)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => VllmAdapter.Termination.AllOf(null!)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => VllmAdapter.Termination.FirstOf([null!])).Should().Throw<ArgumentNullException>();
    }

    [Fact]
    public void A_budget_is_needed() =>
        FluentActions.Invoking(() => VllmAdapter.Termination.WhenExhausted(null!)).Should().Throw<ArgumentNullException>();
}

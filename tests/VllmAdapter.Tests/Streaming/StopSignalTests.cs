namespace VllmAdapter.Tests.Streaming;

public sealed class StopSignalTests
{
    [Fact]
    public void The_first_cause_stays_and_cancels()
    {
        using var signal = new StopSignal(default, default);
        (signal.Cause, signal.Token.IsCancellationRequested).Should().Be((null, false));

        signal.TryStop(TerminationCause.IdleTimeout).Should().BeTrue();
        signal.TryStop(TerminationCause.CallerCanceled).Should().BeFalse();
        signal.TryEnd(TerminationCause.EndOfBody).Should().BeFalse();

        (signal.Cause, signal.Token.IsCancellationRequested).Should().Be((TerminationCause.IdleTimeout, true));
    }

    [Fact]
    public void An_end_that_reading_came_to_by_itself_cancels_nothing()
    {
        using var signal = new StopSignal(default, default);

        signal.TryEnd(TerminationCause.Sentinel).Should().BeTrue();

        (signal.Cause, signal.Token.IsCancellationRequested).Should().Be((TerminationCause.Sentinel, false));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_caller_catches_his_own_token_whichever_it_was(bool isTheEnumerators)
    {
        using var caller = new CancellationTokenSource();
        using var enumerator = new CancellationTokenSource();
        using var signal = new StopSignal(caller.Token, enumerator.Token);

        (isTheEnumerators ? enumerator : caller).Cancel();

        signal.Cause.Should().Be(TerminationCause.CallerCanceled);
        signal.ToException().CancellationToken.Should().Be(isTheEnumerators ? enumerator.Token : caller.Token);
    }

    [Fact]
    public void What_stops_the_whole_stops_its_part_and_not_the_other_way_round()
    {
        using var whole = new StopSignal(default, default);
        using var first = new StopSignal(whole);
        using var second = new StopSignal(whole);

        first.TryStop(TerminationCause.FirstChunkTimeout);
        (whole.Cause, second.Cause).Should().Be((null, null));

        whole.TryStop(TerminationCause.Deadline);
        (first.Cause, second.Cause).Should().Be((TerminationCause.FirstChunkTimeout, TerminationCause.Deadline));
    }

    [Fact]
    public void A_part_that_begins_after_the_whole_was_stopped_is_stopped_at_once()
    {
        using var whole = new StopSignal(default, default);
        whole.TryStop(TerminationCause.CallerCanceled);

        using var late = new StopSignal(whole);

        (late.Cause, late.Token.IsCancellationRequested).Should().Be((TerminationCause.CallerCanceled, true));
    }

    [Fact]
    public void A_part_that_was_let_go_of_does_not_hold_up_the_stop_of_the_whole()
    {
        using var whole = new StopSignal(default, default);
        new StopSignal(whole).Dispose();

        whole.TryStop(TerminationCause.Deadline).Should().BeTrue();

        (whole.Cause, whole.Token.IsCancellationRequested).Should().Be((TerminationCause.Deadline, true));
    }

    [Fact]
    public async Task A_part_that_begins_and_a_whole_that_stops_at_the_same_moment_do_not_miss_each_other()
    {
        for (int round = 0; round < 2_000; round++)
        {
            using var whole = new StopSignal(default, default);
            using var start = new Barrier(2);
            Task<StopSignal> beginning = Task.Run(() =>
            {
                start.SignalAndWait();
                return new StopSignal(whole);
            });
            Task stopping = Task.Run(() =>
            {
                start.SignalAndWait();
                whole.TryStop(TerminationCause.Deadline);
            });
            await Task.WhenAll(beginning, stopping);

            using StopSignal part = await beginning;
            (part.Cause, part.Token.IsCancellationRequested).Should().Be((TerminationCause.Deadline, true));
        }
    }

    [Fact]
    public void What_a_policy_threw_is_thrown_again()
    {
        using var whole = new StopSignal(default, default);
        whole.TryFail(new NotSupportedException("mine"));

        whole.Invoking(signal => signal.ThrowIfFailed()).Should().Throw<NotSupportedException>().WithMessage("mine");
        whole.Token.IsCancellationRequested.Should().BeTrue();
    }

    /// <summary>A cause and no cancel, or a cancel and no cause, would be told as a broken connection.</summary>
    [Fact]
    public async Task However_many_stop_it_at_once_there_is_one_cause()
    {
        for (int round = 0; round < 2_000; round++)
        {
            using var signal = new StopSignal(default, default);
            using var start = new Barrier(2);
            Task<bool> Stopping(TerminationCause cause) => Task.Run(() =>
            {
                start.SignalAndWait();
                return signal.TryStop(cause);
            });

            bool[] won = await Task.WhenAll(Stopping(TerminationCause.IdleTimeout), Stopping(TerminationCause.CallerCanceled));

            won.Count(one => one).Should().Be(1);
            signal.Cause.Should().Be(won[0] ? TerminationCause.IdleTimeout : TerminationCause.CallerCanceled);
        }
    }
}

using VllmAdapter.Testing;
using static VllmAdapter.Tests.Agents.LoopPlay;

namespace VllmAdapter.Tests.Agents;

public sealed class HandlerTimeoutTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _late = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationToken _handlers;

    [Fact]
    public async Task A_handler_that_takes_too_long_fails_and_the_model_is_told_so()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Calling("wait", "{}"), Answer);
        Task<ToolLoopResult> run = StartAsync(vllm, new() { HandlerTimeout = TimeSpan.FromSeconds(30) });

        await _started.Task;
        await UntilAsync(run, TimeSpan.FromSeconds(30));
        ToolLoopResult result = await run;

        result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        result.Calls.Single().Failure.Should().BeOfType<TimeoutException>().Which.Message.Should().Contain("00:00:30").And.Contain("HandlerTimeout");
        result.Calls.Single().Content.Should().Be("The tool 'wait' did not finish in time and gave no result.");
        result.Explain().Should().Be("Answered after 2 turns, 1 call run, 1 call failed (wait: TimeoutException).");
    }

    [Fact]
    public async Task The_token_of_a_handler_that_takes_too_long_is_canceled_and_its_late_result_dropped()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Calling("wait", "{}"), Answer);
        Task<ToolLoopResult> run = StartAsync(vllm, new() { HandlerTimeout = TimeSpan.FromSeconds(30) });
        await _started.Task;
        var canceled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration told = _handlers.Register(canceled.SetResult);

        await UntilAsync(run, TimeSpan.FromSeconds(30));
        await canceled.Task;
        _late.SetResult("too late");

        (await run).Calls.Single().Content.Should().NotBe("too late");
    }

    [Fact]
    public async Task A_handler_within_its_time_is_not_hurried()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Calling("wait", "{}"), Answer);
        Task<ToolLoopResult> run = StartAsync(vllm, new() { HandlerTimeout = TimeSpan.FromSeconds(30) });

        await _started.Task;
        await _time.WhenTimerArmedAsync(TimeSpan.FromSeconds(30));
        _time.Advance(TimeSpan.FromSeconds(29));
        _late.SetResult("in time");

        (await run).Calls.Single().Content.Should().Be("in time");
    }

    [Fact]
    public async Task Canceling_leaves_a_deaf_handler_behind()
    {
        using var cancel = new CancellationTokenSource();
        using FakeVllm vllm = FakeVllm.InMemory(Calling("wait", "{}"));
        Task<ToolLoopResult> run = StartAsync(vllm, new(), cancel.Token);

        await _started.Task;
        await cancel.CancelAsync();
        await UntilAsync(run, LimitedHandler.Patience);

        (await run.Awaiting(ended => ended).Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(cancel.Token);
        _late.Task.IsCompleted.Should().BeFalse("the handler still runs");
    }

    [Fact]
    public async Task What_a_handler_left_behind_throws_is_observed()
    {
        List<Exception> unobserved = [];
        void Note(object? sender, UnobservedTaskExceptionEventArgs thrown)
        {
            if (thrown.Exception.InnerException is FormatException)
                unobserved.Add(thrown.Exception);
        }

        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            await LeaveBehindAsync();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            unobserved.Should().BeEmpty();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(50 * 24 * 3600)]
    public void A_time_that_is_none_is_refused(int seconds)
    {
        using FakeVllm vllm = FakeVllm.InMemory();
        var options = new ToolLoopOptions { HandlerTimeout = TimeSpan.FromSeconds(seconds) };

        FluentActions.Invoking(() => new ToolLoop(vllm.CreateAdapter(), [], options)).Should().Throw<ArgumentOutOfRangeException>()
            .WithParameterName("options").WithMessage("*HandlerTimeout must be more than zero*");
    }

    [Fact]
    public async Task An_infinite_time_is_none()
    {
        LoopPlay play = await RunAsync(
            new LoopSetup { Options = new() { HandlerTimeout = Timeout.InfiniteTimeSpan } }, Calling("get_random_number", "{}"), Answer);

        play.Ran.Should().HaveCount(1);
    }

    private async Task LeaveBehindAsync()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Calling("wait", "{}"), Answer);
        Task<ToolLoopResult> run = StartAsync(vllm, new() { HandlerTimeout = TimeSpan.FromSeconds(30) });
        await _started.Task;
        await UntilAsync(run, TimeSpan.FromSeconds(30));
        _late.SetException(new FormatException("too late"));
        await run;
    }

    // The adapter measures the handler by the clock that the test moves; the handler itself listens to nothing but the test.
    private Task<ToolLoopResult> StartAsync(FakeVllm vllm, ToolLoopOptions options, CancellationToken cancellationToken = default)
    {
        var wait = Tool.From("wait", "Waits.", async token =>
        {
            _handlers = token;
            _started.SetResult();
            return await _late.Task;
        });
        var adapter = new VllmInferenceAdapter(vllm.CreateHttpClient(), new VllmAdapterOptions(), _time);
        return new ToolLoop(adapter, [wait], options).CompleteAsync(ChatRequest.FromPrompt("Go."), cancellationToken);
    }

    private async Task UntilAsync(Task run, TimeSpan due)
    {
        await Task.WhenAny(run, _time.WhenTimerArmedAsync(due));
        _time.Advance(due);
        await ((Task)run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}

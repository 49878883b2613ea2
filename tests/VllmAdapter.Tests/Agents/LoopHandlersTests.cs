using VllmAdapter.Testing;
using static VllmAdapter.Tests.Agents.LoopPlay;

namespace VllmAdapter.Tests.Agents;

public sealed class LoopHandlersTests
{
    private static readonly ScriptedReply TwoCities = Script.Calls("get_weather", """{"city": "Paris"}""").Calls("get_weather", """{"city": "Rome"}""")
        .Finishes("tool_calls").Uses(20, 9).Done();

    [Fact]
    public async Task Handlers_run_side_by_side_and_results_keep_the_models_order()
    {
        var romeIsDone = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        LoopPlay play = await RunAsync(With(async city =>
        {
            if (city == "Paris")
                return "Paris after " + await romeIsDone.Task;

            romeIsDone.SetResult(city);
            return city;
        }), TwoCities, Answer);

        play.Messages(1).Skip(2).Should().Equal("tool: Paris after Rome", "tool: Rome");
        play.Events.OfType<CallFinished>().Select(call => call.Content).Should().BeEquivalentTo("Rome", "Paris after Rome");
    }

    [Fact]
    public async Task No_more_handlers_run_at_once_than_allowed()
    {
        int running = 0;
        int most = 0;
        LoopSetup setup = With(async city =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));

            // Time enough for another one to come in, if it could.
            for (int i = 0; i < 2_000; i++)
                await Task.Yield();

            Interlocked.Decrement(ref running);
            return city;
        });

        LoopPlay play = await RunAsync(setup with { Options = new() { MaxParallelHandlers = 1 } }, TwoCities, Answer);

        most.Should().Be(1);
        play.Ran.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_failing_handler_is_told_to_the_model_without_its_message()
    {
        LoopPlay play = await RunAsync(With(_ => throw new InvalidOperationException("password 123")), Calling("get_weather", """{"city": "Paris"}"""), Answer);

        play.Messages(1).Last().Should().Be("tool: The tool 'get_weather' failed and gave no result.");
        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        play.Result.Calls.Single().Failure.Should().BeOfType<InvalidOperationException>();
    }

    [Fact]
    public async Task A_failure_without_words_ends_the_run_after_the_other_handlers_and_keeps_the_history_whole()
    {
        LoopSetup setup = With(city => city == "Paris" ? throw new InvalidOperationException("no map") : Task.FromResult(city));
        LoopPlay play = await RunAsync(setup with { Options = new() { DescribeFailure = (_, _) => null } }, TwoCities);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.HandlerFailed);
        play.Result.Failure!.Message.Should().Be("no map");
        play.Result.Request.Messages.OfType<ToolMessage>().Select(result => result.Content).Should().Equal("The tool 'get_weather' failed.", "Rome");
    }

    [Fact]
    public async Task A_handlers_argument_exception_is_explained_without_the_name_of_a_parameter()
    {
        LoopSetup setup = With(city => throw new ArgumentException("There is no such city.", nameof(city)));
        LoopPlay play = await RunAsync(setup with { Options = new() { DescribeFailure = (_, _) => null } }, TwoCities);

        play.Result.Explain().Should().StartWith("Stopped after 1 turn, because a tool failed: There is no such city. ").And.NotContain("(Parameter");
    }

    [Fact]
    public async Task A_handlers_own_timeout_is_a_failure_and_not_a_canceled_run()
    {
        LoopPlay play = await RunAsync(With(_ => throw new TaskCanceledException("slow")), Calling("get_weather", """{"city": "Paris"}"""), Answer);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        play.Result.Calls.Single().Failure.Should().BeOfType<TaskCanceledException>();
    }

    [Fact]
    public async Task Arguments_that_do_not_fit_the_handlers_types_are_answered_and_not_run()
    {
        var tool = Tool.From("plan", "Plans.", (DayOfWeek day) => day.ToString());
        LoopPlay play = await RunAsync(new LoopSetup { Tools = [tool] }, Calling("plan", """{"day": "Someday"}"""), Answer);

        play.Ran.Should().BeEmpty();
        play.Messages(1).Last().Should().StartWith("tool: The call was not run. The argument 'day' does not fit");
    }

    [Fact]
    public async Task Canceling_reaches_the_handlers_and_surfaces_with_the_callers_token()
    {
        using var cancel = new CancellationTokenSource();
        bool wasCanceled = false;
        var tool = Tool.From("wait", "Waits.", async cancellationToken =>
        {
            await cancel.CancelAsync();
            wasCanceled = cancellationToken.IsCancellationRequested;
            throw new InvalidOperationException("interrupted");
        });
        using var vllm = FakeVllm.InMemory(Calling("wait", "{}"));
        using HttpClient http = vllm.CreateHttpClient();
        var loop = new ToolLoop(new VllmInferenceAdapter(http, new VllmAdapterOptions()), [tool]);

        var canceled = await FluentActions.Awaiting(() => loop.CompleteAsync(ChatRequest.FromPrompt("Go."), cancel.Token))
            .Should().ThrowAsync<OperationCanceledException>();

        canceled.Which.CancellationToken.Should().Be(cancel.Token);
        wasCanceled.Should().BeTrue();
    }

    [Fact]
    public async Task Leaving_the_run_cancels_running_handlers_and_waits_for_them()
    {
        bool hasEnded = false;
        Tool[] tools =
        [
            Random(),
            Tool.From("wait", "Waits.", async cancellationToken =>
            {
                var canceled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await using (cancellationToken.Register(canceled.SetResult))
                    await canceled.Task;

                hasEnded = true;
                return "";
            }),
        ];
        using var vllm = FakeVllm.InMemory(Script.Calls("wait", "{}").Calls("get_random_number", "{}").Finishes("tool_calls").Uses(20, 5).Done());
        using HttpClient http = vllm.CreateHttpClient();
        var loop = new ToolLoop(new VllmInferenceAdapter(http, new VllmAdapterOptions()), tools);

        await foreach (ToolLoopEvent step in loop.RunAsync(ChatRequest.FromPrompt("Go.")))
        {
            if (step is CallFinished)
                break;
        }

        hasEnded.Should().BeTrue();
    }

    [Fact]
    public async Task A_type_that_refuses_its_values_is_a_failure_and_does_not_end_the_run()
    {
        var tool = Tool.From("plan", "Plans.", (Nights nights) => $"{nights.Count}");
        LoopPlay play = await RunAsync(new LoopSetup { Tools = [tool] }, Calling("plan", """{"nights": {"count": -1}}"""), Answer);

        play.Result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        play.Result.Calls.Single().Failure.Should().BeOfType<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task A_handler_that_gives_back_nothing_is_answered_all_the_same()
    {
        LoopPlay play = await RunAsync(new LoopSetup { Tools = [Tool.From("get_random_number", "None.", () => null!)] }, Calling("get_random_number", "{}"), Answer);

        play.Messages(1).Last().Should().Be("tool: null");
    }

    [Fact]
    public async Task A_handler_that_is_canceled_because_the_run_was_left_has_not_failed()
    {
        List<string> described = [];
        Tool[] tools = [Random(), Tool.From("wait", "Waits.", async cancellationToken =>
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            return "";
        })];
        using var vllm = FakeVllm.InMemory(Script.Calls("wait", "{}").Calls("get_random_number", "{}").Finishes("tool_calls").Uses(20, 5).Done());
        using HttpClient http = vllm.CreateHttpClient();
        var options = new ToolLoopOptions
        {
            DescribeFailure = (call, _) =>
            {
                described.Add(call.Name);
                return "";
            },
        };
        var loop = new ToolLoop(new VllmInferenceAdapter(http, new VllmAdapterOptions()), tools, options);

        await foreach (ToolLoopEvent step in loop.RunAsync(ChatRequest.FromPrompt("Go.")))
        {
            if (step is CallFinished)
                break;
        }

        described.Should().BeEmpty();
    }

    private static LoopSetup With(Func<string, Task<string>> weather) =>
        new() { Tools = [Tool.From("get_weather", "Weather of a city.", (string city) => weather(city))] };

    private sealed record Nights
    {
        public Nights(int count)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(count);
            Count = count;
        }

        public int Count { get; }
    }
}

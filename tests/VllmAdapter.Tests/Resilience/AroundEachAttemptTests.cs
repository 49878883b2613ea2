using Polly;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Resilience;

/// <summary>Strategies of the user's inside the built-in retries: a limiter is asked before each attempt, and the retries stay.</summary>
public sealed class AroundEachAttemptTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello.");
    private static readonly ScriptedReply Answer = Script.Says("Calm.").Finishes("stop").Done();

    private readonly Gate _gate = new();

    [Fact]
    public async Task Every_attempt_takes_a_permit_and_the_retries_stay()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Replies(503), Script.Replies(503), Answer);

        ChatAnswer answer = await AdapterOf(vllm).CompleteChatAsync(Hello);

        (answer.Text, answer.Outcome.Attempts, _gate.Asked).Should().Be(("Calm.", 3, 3));
    }

    [Fact]
    public async Task Without_retries_it_is_asked_all_the_same()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Answer);

        await AdapterOf(vllm, options => options.MaxAttempts = 1).CompleteChatAsync(Hello);

        _gate.Asked.Should().Be(1);
    }

    [Fact]
    public async Task Who_waits_for_a_permit_is_sent_when_it_comes_and_time_in_the_queue_is_no_silence()
    {
        var clock = new ManualTimeProvider();
        using FakeVllm vllm = FakeVllm.InMemory(new FakeVllmOptions { TimeProvider = clock }, Answer);
        _gate.Opens = new TaskCompletionSource();
        Task<ChatAnswer> answering = AdapterOf(vllm, timeProvider: clock).CompleteChatAsync(Hello);

        clock.Advance(TimeSpan.FromMinutes(4));
        answering.IsCompleted.Should().BeFalse();
        _gate.Opens.SetResult();

        (await answering).Text.Should().Be("Calm.");
    }

    [Fact]
    public async Task What_is_rejected_is_not_sent_and_not_tried_again()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Answer);
        _gate.IsFull = true;

        VllmRequestException rejected = (await AdapterOf(vllm).Awaiting(a => a.CompleteChatAsync(Hello)).Should().ThrowAsync<VllmRequestException>()).Which;

        (rejected.Failure, rejected.Attempts, _gate.Asked).Should().Be((RequestFailure.NotSent, 0, 1));
        rejected.Message.Should().Contain("The gate is full.");
        vllm.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task A_rejected_attempt_tells_the_circuit_breaker_nothing()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Replies(503));
        VllmInferenceAdapter adapter = AdapterOf(vllm, options =>
        {
            options.MaxAttempts = 1;
            options.CircuitBreaker = new() { MinimumThroughput = 2, FailureRatio = 1 };
        });
        await Fails();
        _gate.IsFull = true;
        await Fails();
        _gate.IsFull = false;
        await Fails();

        (await Fails()).Failure.Should().Be(RequestFailure.NotSent, "two of two attempts failed; the one that was rejected counts for nothing");
        vllm.Requests.Should().HaveCount(2);

        async Task<VllmRequestException> Fails() => (await adapter.Awaiting(a => a.CompleteChatAsync(Hello)).Should().ThrowAsync<VllmRequestException>()).Which;
    }

    [Fact]
    public void It_is_called_once_for_an_adapter()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Answer);
        int made = 0;

        _ = vllm.CreateAdapter(options => options.Resilience.AroundEachAttempt = _ => made++);

        made.Should().Be(1);
    }

    private VllmInferenceAdapter AdapterOf(FakeVllm vllm, Action<ResilienceOptions>? configure = null, TimeProvider? timeProvider = null)
    {
        var options = new VllmAdapterOptions { Resilience = { BaseDelay = TimeSpan.Zero, AroundEachAttempt = attempt => attempt.AddStrategy(_ => _gate, new GateOptions()) } };
        configure?.Invoke(options.Resilience);
        return new VllmInferenceAdapter(vllm.CreateHttpClient(), options, timeProvider);
    }

    private sealed class GateOptions : ResilienceStrategyOptions;

    private sealed class FullException() : ExecutionRejectedException("The gate is full.");

    private sealed class Gate : ResilienceStrategy
    {
        public int Asked { get; private set; }

        public bool IsFull { get; set; }

        public TaskCompletionSource? Opens { get; set; }

        protected override async ValueTask<Outcome<TResult>> ExecuteCore<TResult, TState>(
            Func<ResilienceContext, TState, ValueTask<Outcome<TResult>>> callback, ResilienceContext context, TState state)
        {
            Asked++;
            if (IsFull)
                return Outcome.FromException<TResult>(new FullException());

            if (Opens is { } gate)
                await gate.Task.WaitAsync(context.CancellationToken);

            return await callback(context, state);
        }
    }
}

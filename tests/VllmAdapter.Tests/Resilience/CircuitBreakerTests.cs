using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Resilience;

public sealed class CircuitBreakerTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello.");
    private static readonly ScriptedReply Unavailable = Script.Refuses(503, "Service unavailable.", "ServiceUnavailableError");
    private static readonly ScriptedReply Answer = Script.Says("Hello").Finishes("stop").Done();

    private static readonly TimeSpan FirstChunk = TimeSpan.FromSeconds(4);

    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task An_open_breaker_sends_nothing_until_its_time_is_over()
    {
        using var vllm = FakeVllm.InMemory(Unavailable, Unavailable, Answer);
        VllmInferenceAdapter adapter = AdapterOf(vllm, maxAttempts: 1);
        await FailureOfAsync(adapter);
        await FailureOfAsync(adapter);

        VllmRequestException kept = await FailureOfAsync(adapter);
        _clock.Advance(TimeSpan.FromSeconds(10));
        ChatAnswer answered = await adapter.CompleteChatAsync(Hello);

        (kept.Failure, kept.Attempts, kept.IsRetryable, kept.StatusCode).Should().Be((RequestFailure.NotSent, 0, true, null));
        kept.RetryAfter.Should().Be(TimeSpan.FromSeconds(10));
        kept.Message.Should().StartWith("The request was not sent at http://vllm.test/v1/chat/completions")
            .And.EndWith("Wait for 10.0 s, or ask another server.");
        answered.Text.Should().Be("Hello");
        vllm.Requests.Should().HaveCount(3);
    }

    [Fact]
    public async Task A_breaker_that_opens_between_two_attempts_leaves_the_failure_that_opened_it()
    {
        using var vllm = FakeVllm.InMemory(Unavailable);

        VllmRequestException failed = await FailureOfAsync(AdapterOf(vllm, maxAttempts: 5));

        (failed.Failure, failed.Attempts).Should().Be((RequestFailure.Unavailable, 2));
        vllm.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task Requests_that_are_rightly_refused_do_not_open_it()
    {
        using var vllm = FakeVllm.InMemory(Script.Refuses(400, "n must be at least 1, got 0."));
        VllmInferenceAdapter adapter = AdapterOf(vllm, maxAttempts: 1);
        for (int i = 0; i < 5; i++)
            (await FailureOfAsync(adapter)).Failure.Should().Be(RequestFailure.BadRequest);

        vllm.Requests.Should().HaveCount(5);
    }

    /// <summary>Headers and then nothing: each call ends as a stall, and all of them say that the server hangs.</summary>
    [Fact]
    public async Task A_server_that_hangs_opens_it()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { TimeProvider = _clock }, Script.Empty.WithoutRole().GoesSilent());
        VllmInferenceAdapter adapter = AdapterOf(vllm, maxAttempts: 1);
        for (int call = 0; call < 2; call++)
            (await HangAsync(adapter.CompleteChatAsync(Hello with { OnIncompleteStream = IncompleteStreamBehavior.Report }))).Outcome.Verdict.Should().Be(StreamVerdict.Stalled);

        (await FailureOfAsync(adapter)).Failure.Should().Be(RequestFailure.NotSent);
        vllm.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_trial_that_its_caller_canceled_does_not_close_it()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { TimeProvider = _clock }, Unavailable, Unavailable, Script.Empty.WithoutRole().GoesSilent());
        VllmInferenceAdapter adapter = AdapterOf(vllm, maxAttempts: 1);
        await FailureOfAsync(adapter);
        await FailureOfAsync(adapter);
        _clock.Advance(TimeSpan.FromSeconds(10));
        using var impatient = new CancellationTokenSource();
        Task<ChatAnswer> trial = adapter.CompleteChatAsync(Hello, impatient.Token);
        await _clock.WhenTimerArmedAsync(FirstChunk).WaitAsync(TimeSpan.FromSeconds(30));

        await impatient.CancelAsync();

        await trial.Invoking(one => one).Should().ThrowAsync<OperationCanceledException>();
        (await FailureOfAsync(adapter)).Failure.Should().Be(RequestFailure.NotSent);
        vllm.Requests.Should().HaveCount(3);
    }

    private async Task<ChatAnswer> HangAsync(Task<ChatAnswer> asking)
    {
        await _clock.WhenTimerArmedAsync(FirstChunk).WaitAsync(TimeSpan.FromSeconds(30));
        _clock.Advance(FirstChunk);
        return await asking.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static async Task<VllmRequestException> FailureOfAsync(VllmInferenceAdapter adapter)
    {
        Func<Task> asking = () => adapter.CompleteChatAsync(Hello).WaitAsync(TimeSpan.FromSeconds(30));
        return (await asking.Should().ThrowAsync<VllmRequestException>()).Which;
    }

    private VllmInferenceAdapter AdapterOf(FakeVllm vllm, int maxAttempts)
    {
        var options = new VllmAdapterOptions
        {
            Resilience = { MaxAttempts = maxAttempts, BaseDelay = TimeSpan.Zero, CircuitBreaker = new() { MinimumThroughput = 2 } },
        };
        options.TimeLimits.FirstChunk = FirstChunk;
        return new VllmInferenceAdapter(vllm.CreateHttpClient(), options, _clock);
    }
}

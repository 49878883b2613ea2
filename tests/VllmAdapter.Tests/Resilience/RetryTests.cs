using Polly;
using Polly.Retry;
using Polly.Timeout;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Resilience;

/// <summary>A request is tried again until its first event, and never after.</summary>
public sealed class RetryTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello.");
    private static readonly ScriptedReply Answer = Script.Says("Hel", "lo").Finishes("stop").Uses(10, 2).Done();
    private static readonly ScriptedReply Unavailable = Script.Refuses(503, "Service unavailable.", "ServiceUnavailableError");

    private readonly ManualTimeProvider _clock = new();

    public static TheoryData<string, ScriptedReply> Passing => new()
    {
        { "429 of a gateway", Script.Replies(429) },
        { "502 of a gateway", Script.Replies(502, "<html>Bad Gateway</html>", "text/html") },
        { "503", Unavailable },
        { "504 of a gateway", Script.Replies(504) },
        { "500 without a body: 0.8.5 whose engine is dead", Script.Replies(500) },
        { "500 of vllm-router, whose server is down", Script.Replies(500, "Request failed: error sending request for url (http://a/)", "text/plain") },
        { "no connection", Script.Resets().BeforeHeaders() },
        { "closed before the headers", Script.Empty.Cuts().BeforeHeaders() },
        { "closed before the first event", Script.Empty.Cuts() },
        { "reset before the first event", Script.Resets() },
        { "a keep-alive and then a reset", Script.Empty.KeepsAlive().Resets() },
        { "half of the first event", Script.Empty.Sends("data: {\"id\":\"chatc").Resets() },
        { "a dead engine as the first event", Script.Fails().WithoutRole().Done() },
        { "a dead engine that calls itself 400 (0.11.0)", Script.Empty.Fails("EngineCore encountered an issue.", 400, "BadRequestError").WithoutRole().Done() },
        { "a full queue as the first event", Script.Empty.Fails("The engine is currently busy.", 503).WithoutRole().Done() },
    };

    public static TheoryData<string, ScriptedReply> Lasting => new()
    {
        { "400", Script.Refuses(400, "n must be at least 1, got 0.") },
        { "401", Script.Replies(401, """{"error":"Unauthorized"}""", "application/json") },
        { "404", Script.Refuses(404, "The model `x` does not exist.", "NotFoundError") },
        { "422 of vllm-router", Script.Replies(422, "Failed to deserialize the JSON body", "text/plain") },
        { "500 about this request", Script.Refuses(500, "Internal server error", "InternalServerError") },
        { "a page", Script.Replies(200, "<html>Sign in</html>", "text/html") },
        { "an error that blames the request, as the first event", Script.Empty.Fails("Grammar error", 400, "BadRequestError").WithoutRole().Done() },
        { "an internal error as the first event", Script.Empty.Fails("Internal server error").WithoutRole().Done() },
    };

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task What_may_pass_is_tried_again(string what, ScriptedReply failure)
    {
        using var vllm = FakeVllm.InMemory(failure, Answer);

        (IReadOnlyList<ChatChunk> chunks, StreamOutcome outcome) = await RunAsync(AdapterOf(vllm), Hello);

        string.Concat(chunks.Select(chunk => chunk.Text)).Should().Be("Hello", what);
        (outcome.Verdict, outcome.Attempts).Should().Be((StreamVerdict.Completed, 2));
        outcome.Evidence.FailedAttempts.Should().ContainSingle().Which.Reason.Should().NotBeEmpty();
        outcome.Notes.Should().Contain(note => note.Kind == OutcomeNoteKind.Retried);
        vllm.Requests.Should().HaveCount(2);
    }

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task A_whole_reply_is_tried_again_as_well(string what, ScriptedReply failure)
    {
        using var vllm = FakeVllm.InMemory(failure.Whole(), Answer);

        // An event stream's faults make no sense in one piece of JSON.
        if (what.Contains("event", StringComparison.Ordinal) || what.Contains("keep-alive", StringComparison.Ordinal) || what.Contains("calls itself", StringComparison.Ordinal))
            return;

        (_, StreamOutcome outcome) = await RunAsync(AdapterOf(vllm), Hello with { Stream = false });

        (outcome.Verdict, outcome.Attempts).Should().Be((StreamVerdict.Completed, 2), what);
    }

    [Theory]
    [MemberData(nameof(Lasting))]
    public async Task What_will_fail_again_is_not(string what, ScriptedReply failure)
    {
        using var vllm = FakeVllm.InMemory(failure, Answer);

        VllmRequestException refused = await FailureOfAsync(AdapterOf(vllm));

        (refused.Attempts, refused.IsRetryable).Should().Be((1, false), what);
        vllm.Requests.Should().HaveCount(1);
    }

    [Theory]
    [InlineData("a role chunk")]
    [InlineData("text")]
    public async Task Once_an_event_came_nothing_is_tried_again(string began)
    {
        ScriptedReply start = began == "text" ? Script.Says("Hel") : Script.Says("");
        using var vllm = FakeVllm.InMemory(start.Resets(), Answer);

        (_, StreamOutcome outcome) = await RunAsync(AdapterOf(vllm), Hello with { OnIncompleteStream = IncompleteStreamBehavior.Report });

        (outcome.Verdict, outcome.Attempts).Should().Be((StreamVerdict.Interrupted, 1));
        vllm.Requests.Should().HaveCount(1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task The_event_that_began_the_stream_is_handed_out_too(int failures)
    {
        using var vllm = FakeVllm.InMemory([.. Enumerable.Repeat(Unavailable, failures), Script.Says("a", "b").WithoutRole().Finishes("stop").Done()]);

        (IReadOnlyList<ChatChunk> chunks, StreamOutcome outcome) = await RunAsync(AdapterOf(vllm), Hello);

        chunks.Select(chunk => chunk.Text).Should().Equal("a", "b", "", "");
        chunks[^1].Outcome.Should().Be(outcome);
    }

    [Fact]
    public async Task After_the_last_attempt_its_failure_is_thrown()
    {
        using var vllm = FakeVllm.InMemory(Unavailable);

        VllmRequestException refused = await FailureOfAsync(AdapterOf(vllm));

        (refused.Failure, refused.Attempts, refused.StatusCode).Should().Be((RequestFailure.Unavailable, 3, System.Net.HttpStatusCode.ServiceUnavailable));
        refused.Message.Should().Contain("attempt 3");
        vllm.Requests.Should().HaveCount(3);
    }

    [Fact]
    public async Task A_last_attempt_that_is_cut_before_its_first_event_is_an_interrupted_stream()
    {
        using var vllm = FakeVllm.InMemory(Script.Resets());

        (IReadOnlyList<ChatChunk> chunks, StreamOutcome outcome) = await RunAsync(AdapterOf(vllm), Hello with { OnIncompleteStream = IncompleteStreamBehavior.Report });

        (outcome.Verdict, outcome.Attempts, chunks.Count).Should().Be((StreamVerdict.Interrupted, 3, 1));
        outcome.Evidence.FailedAttempts.Should().HaveCount(2);
    }

    [Fact]
    public async Task Every_attempt_has_an_id_of_its_own()
    {
        using var vllm = FakeVllm.InMemory(Unavailable, Unavailable, Answer);

        (_, StreamOutcome outcome) = await RunAsync(AdapterOf(vllm), Hello);

        string[] ids = [.. vllm.Requests.Select(request => request.Headers["X-Request-Id"])];
        ids.Should().OnlyHaveUniqueItems().And.HaveCount(3);
        outcome.Evidence.FailedAttempts.Select(attempt => attempt.RequestId).Should().Equal(ids[..2]);
        outcome.Evidence.RequestId.Should().Be(ids[2]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_id_of_the_callers_gets_a_number_from_the_second_attempt_on(bool asAdditional)
    {
        using var vllm = FakeVllm.InMemory(Unavailable, Unavailable, Answer);
        RequestHeaders headers = asAdditional
            ? new() { Additional = new Dictionary<string, string> { ["x-request-id"] = "mine" } }
            : new() { RequestId = "mine" };

        (_, StreamOutcome outcome) = await RunAsync(AdapterOf(vllm), Hello with { Headers = headers });

        vllm.Requests.Select(request => request.Headers["X-Request-Id"]).Should().Equal("mine", "mine-2", "mine-3");
        outcome.Evidence.RequestId.Should().Be("mine-3");
    }

    [Fact]
    public async Task Retry_after_is_honoured()
    {
        using var vllm = FakeVllm.InMemory(Script.Replies(429).RetryAfter(TimeSpan.FromSeconds(7)), Answer);

        (_, StreamOutcome outcome) = await RunAsync(AdapterOf(vllm), Hello, waits: 7);

        outcome.Attempts.Should().Be(2);
        outcome.Evidence.FirstChunkAt.Should().Be(TimeSpan.FromSeconds(7));
    }

    [Theory]
    [InlineData(31, null)]
    [InlineData(7, 5)]
    public async Task A_wait_that_is_too_long_is_not_begun(int retryAfter, int? total)
    {
        using var vllm = FakeVllm.InMemory(Script.Replies(429).RetryAfter(TimeSpan.FromSeconds(retryAfter)), Answer);
        var options = new VllmAdapterOptions { TimeLimits = { Total = total is { } seconds ? TimeSpan.FromSeconds(seconds) : null } };

        VllmRequestException refused = await FailureOfAsync(AdapterOf(vllm, options));

        (refused.Failure, refused.Attempts, refused.RetryAfter).Should().Be((RequestFailure.RateLimited, 1, TimeSpan.FromSeconds(retryAfter)));
    }

    [Fact]
    public async Task The_total_limit_holds_over_all_attempts_and_ends_a_wait_with_the_last_failure()
    {
        using var vllm = FakeVllm.InMemory(Unavailable);
        var options = new VllmAdapterOptions { TimeLimits = { Total = TimeSpan.FromSeconds(5) }, ResiliencePipeline = Every(TimeSpan.FromSeconds(3)) };

        Task<List<ChatChunk>> chunks = CollectAsync(AdapterOf(vllm, options).StreamChatAsync(Hello));
        await _clock.WhenTimerArmedAsync(TimeSpan.FromSeconds(3));
        _clock.Advance(TimeSpan.FromSeconds(3));
        await _clock.WhenTimerArmedAsync(TimeSpan.FromSeconds(3));
        _clock.Advance(TimeSpan.FromSeconds(2));

        VllmRequestException refused = (await chunks.Awaiting(all => all).Should().ThrowAsync<VllmRequestException>()).Which;
        (refused.Failure, refused.Attempts).Should().Be((RequestFailure.Unavailable, 2));
    }

    [Fact]
    public async Task The_total_limit_ends_the_wait_after_a_cut_with_what_the_cut_left()
    {
        using var vllm = FakeVllm.InMemory(Script.Resets());
        var options = new VllmAdapterOptions { TimeLimits = { Total = TimeSpan.FromSeconds(2) }, ResiliencePipeline = Every(TimeSpan.FromSeconds(3)) };

        (_, StreamOutcome outcome) = await RunAsync(AdapterOf(vllm, options), Hello with { OnIncompleteStream = IncompleteStreamBehavior.Report }, waits: 2);

        (outcome.Verdict, outcome.Attempts).Should().Be((StreamVerdict.Interrupted, 1));
    }

    [Fact]
    public async Task The_total_limit_holds_while_the_headers_are_awaited()
    {
        using var vllm = FakeVllm.InMemory(Options(), Answer.HeadersAfter(TimeSpan.FromMinutes(1)));
        var options = new VllmAdapterOptions { TimeLimits = { Total = TimeSpan.FromSeconds(5) } };

        (_, StreamOutcome outcome) = await RunAsync(
            AdapterOf(vllm, options), Hello with { OnIncompleteStream = IncompleteStreamBehavior.Report }, waits: 5);

        (outcome.Verdict, outcome.TerminatedBy).Should().Be((StreamVerdict.Stalled, TerminationCause.Deadline));
    }

    [Fact]
    public async Task Canceling_ends_the_wait_with_the_callers_token()
    {
        using var vllm = FakeVllm.InMemory(Unavailable.RetryAfter(TimeSpan.FromSeconds(9)));
        using var canceled = new CancellationTokenSource();
        var stream = AdapterOf(vllm).StreamChatAsync(Hello, canceled.Token).GetAsyncEnumerator();

        Task<bool> first = stream.MoveNextAsync().AsTask();
        await _clock.WhenTimerArmedAsync(TimeSpan.FromSeconds(9));
        await canceled.CancelAsync();

        (await first.Awaiting(one => one).Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(canceled.Token);
        vllm.Requests.Should().HaveCount(1);
    }

    [Fact]
    public async Task One_attempt_is_no_retry()
    {
        using var vllm = FakeVllm.InMemory(Unavailable, Answer);

        VllmRequestException refused = await FailureOfAsync(AdapterOf(vllm, new VllmAdapterOptions { Resilience = { MaxAttempts = 1 } }));

        refused.Attempts.Should().Be(1);
    }

    [Fact]
    public async Task A_pipeline_of_ones_own_takes_the_place_of_ours()
    {
        using var vllm = FakeVllm.InMemory(Unavailable, Unavailable, Unavailable, Unavailable, Answer);
        ResiliencePipeline own = new ResiliencePipelineBuilder { TimeProvider = _clock }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = 4,
                Delay = TimeSpan.Zero,
                ShouldHandle = new PredicateBuilder().Handle<VllmRequestException>(failure => failure.IsRetryable),
            })
            .Build();

        (_, StreamOutcome outcome) = await RunAsync(AdapterOf(vllm, new VllmAdapterOptions { ResiliencePipeline = own }), Hello);

        outcome.Attempts.Should().Be(5);
    }

    [Fact]
    public async Task A_time_limit_of_ones_own_pipeline_ends_an_attempt_but_not_a_stream()
    {
        TimeSpan limit = TimeSpan.FromSeconds(3);
        using var vllm = FakeVllm.InMemory(Options(), Script.GoesSilent(), Script.Says("Hel").Pauses(limit * 2).Says("lo").Finishes("stop").Done());
        ResiliencePipeline own = new ResiliencePipelineBuilder { TimeProvider = _clock }
            .AddRetry(new RetryStrategyOptions { ShouldHandle = new PredicateBuilder().Handle<TimeoutRejectedException>(), Delay = TimeSpan.Zero })
            .AddTimeout(limit)
            .Build();

        (IReadOnlyList<ChatChunk> chunks, StreamOutcome outcome) =
            await RunAsync(AdapterOf(vllm, new VllmAdapterOptions { ResiliencePipeline = own }), Hello, 3, 6);

        (outcome.Verdict, outcome.Attempts).Should().Be((StreamVerdict.Completed, 2));
        string.Concat(chunks.Select(chunk => chunk.Text)).Should().Be("Hello");
        vllm.Aborted.Should().Be(1);
    }

    [Fact]
    public async Task A_time_limit_that_nobody_handles_is_a_timeout()
    {
        using var vllm = FakeVllm.InMemory(Options(), Script.GoesSilent());
        ResiliencePipeline own = new ResiliencePipelineBuilder { TimeProvider = _clock }.AddTimeout(TimeSpan.FromSeconds(3)).Build();

        VllmRequestException refused = await FailureOfAsync(AdapterOf(vllm, new VllmAdapterOptions { ResiliencePipeline = own }), 3);

        (refused.Failure, refused.Attempts).Should().Be((RequestFailure.Timeout, 1));
        vllm.Aborted.Should().Be(1);
    }

    private FakeVllmOptions Options() => new() { TimeProvider = _clock };

    private ResiliencePipeline Every(TimeSpan delay) => new ResiliencePipelineBuilder { TimeProvider = _clock }
        .AddRetry(new RetryStrategyOptions
        {
            Delay = delay,
            ShouldHandle = new PredicateBuilder().Handle<VllmRequestException>(failure => failure.IsRetryable),
        })
        .Build();

    private VllmInferenceAdapter AdapterOf(FakeVllm vllm, VllmAdapterOptions? options = null)
    {
        options ??= new VllmAdapterOptions();
        options.Resilience.BaseDelay = TimeSpan.Zero;
        return new VllmInferenceAdapter(vllm.CreateHttpClient(), options, _clock);
    }

    private async Task<VllmRequestException> FailureOfAsync(VllmInferenceAdapter adapter, params int[] waits)
    {
        Func<Task> asking = () => RunAsync(adapter, Hello, waits);
        return (await asking.Should().ThrowAsync<VllmRequestException>()).Which;
    }

    // The waits, in seconds, are those that the call is expected to come to, one after the other.
    private async Task<(IReadOnlyList<ChatChunk> Chunks, StreamOutcome Outcome)> RunAsync(
        VllmInferenceAdapter adapter, ChatRequest request, params int[] waits)
    {
        ChatStream stream = adapter.StreamChatAsync(request);
        Task<List<ChatChunk>> chunks = CollectAsync(stream);
        foreach (TimeSpan wait in waits.Select(seconds => TimeSpan.FromSeconds(seconds)))
        {
            await _clock.WhenTimerArmedAsync(wait).WaitAsync(TimeSpan.FromSeconds(30));
            _clock.Advance(wait);
        }

        return (await chunks.WaitAsync(TimeSpan.FromSeconds(30)), stream.Outcome);
    }

    private static async Task<List<ChatChunk>> CollectAsync(ChatStream stream)
    {
        List<ChatChunk> chunks = [];
        await foreach (ChatChunk chunk in stream)
            chunks.Add(chunk);

        return chunks;
    }
}

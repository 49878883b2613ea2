using System.Collections.Concurrent;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Resilience;

/// <summary>A server that hangs before its first chunk is asked again once, and all of it takes at most twice the limit for the first chunk.</summary>
public sealed class HangTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello.") with { OnIncompleteStream = IncompleteStreamBehavior.Report };
    private static readonly ScriptedReply Answer = Script.Says("Hel", "lo").Finishes("stop").Uses(10, 2).Done();
    private static readonly ScriptedReply Hang = Script.Empty.WithoutRole().GoesSilent();

    private static readonly TimeSpan FirstChunk = TimeSpan.FromMinutes(5);

    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task It_is_asked_again_and_another_server_may_answer()
    {
        using var vllm = FakeVllm.InMemory(Options(), Hang, Answer);

        StreamOutcome outcome = await RunAsync(vllm, new VllmAdapterOptions(), hangs: 1);

        (outcome.Verdict, outcome.Attempts).Should().Be((StreamVerdict.Completed, 2));
        outcome.Notes.Should().Contain(note => note.Kind == OutcomeNoteKind.Retried);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(9, 2)]
    public async Task Two_hangs_are_a_stall_however_many_attempts_are_allowed(int allowed, int made)
    {
        using var vllm = FakeVllm.InMemory(Options(), Hang);

        StreamOutcome outcome = await RunAsync(vllm, new VllmAdapterOptions { Resilience = { MaxAttempts = allowed } }, hangs: made);

        (outcome.Verdict, outcome.TerminatedBy, vllm.Requests.Count).Should().Be((StreamVerdict.Stalled, TerminationCause.FirstChunkTimeout, made));
        outcome.Evidence.Elapsed.Should().Be(made * FirstChunk);
    }

    /// <summary>Whatever the first attempt took, both together have twice the limit of one.</summary>
    [Fact]
    public async Task What_the_first_attempt_took_is_taken_off_the_second()
    {
        using var vllm = FakeVllm.InMemory(Options(), Script.Refuses(503, "starting").HeadersAfter(TimeSpan.FromMinutes(4)), Hang);
        var options = new VllmAdapterOptions { TimeLimits = { FirstChunk = TimeSpan.FromMinutes(3) }, Resilience = { BaseDelay = TimeSpan.Zero } };
        var waiting = new WaitingForEvents();
        options.Termination = VllmAdapter.Termination.FirstOf(options.TimeLimits.ToPolicy(), waiting);
        Task<ChatAnswer> asking = new VllmInferenceAdapter(vllm.CreateHttpClient(), options, _clock).CompleteChatAsync(Hello);

        await AdvanceAsync(TimeSpan.FromMinutes(4));
        await waiting.OfAttemptAsync(2);
        _clock.Advance(TimeSpan.FromMinutes(2));

        (await asking).Outcome.Evidence.Elapsed.Should().Be(TimeSpan.FromMinutes(6));
    }

    [Fact]
    public async Task Headers_that_do_not_come_count_as_a_hang_too()
    {
        using var vllm = FakeVllm.InMemory(Options(), Answer.HeadersAfter(TimeSpan.FromHours(1)));

        var adapter = new VllmInferenceAdapter(vllm.CreateHttpClient(), new VllmAdapterOptions { Resilience = { MaxAttempts = 5, BaseDelay = TimeSpan.Zero } }, _clock);
        Task<ChatAnswer> asking = adapter.CompleteChatAsync(Hello);
        for (int request = 1; request <= 2; request++)
        {
            await _clock.WhenTimerArmedAsync(TimeSpan.FromHours(1)).WaitAsync(TimeSpan.FromSeconds(30));
            _clock.Advance(TimeSpan.FromMinutes(5));
        }

        (await asking.Invoking(one => one.WaitAsync(TimeSpan.FromSeconds(30))).Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().Be(RequestFailure.Timeout);
        vllm.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_silence_after_the_first_chunk_is_not_asked_again()
    {
        using var vllm = FakeVllm.InMemory(Options(), Script.Says("Hel").GoesSilent());
        Task<ChatAnswer> asking = new VllmInferenceAdapter(vllm.CreateHttpClient(), timeProvider: _clock).CompleteChatAsync(Hello);

        await AdvanceAsync(TimeSpan.FromMinutes(2));

        StreamOutcome outcome = (await asking).Outcome;
        (outcome.Verdict, outcome.TerminatedBy, vllm.Requests.Count).Should().Be((StreamVerdict.Stalled, TerminationCause.IdleTimeout, 1));
    }

    /// <summary>A proxy that lost its server may end the answer in order: nothing began, as with a cut (Caddy, Portkey, lighttpd, HAProxy towards HTTP/2).</summary>
    [Theory]
    [InlineData("nothing at all")]
    [InlineData("a keep-alive")]
    public async Task An_event_stream_that_ends_in_order_without_an_event_is_asked_again(string what)
    {
        ScriptedReply nothing = Script.Empty.WithoutRole();
        using var vllm = FakeVllm.InMemory(Options(), what == "nothing at all" ? nothing : nothing.KeepsAlive(), Answer);

        StreamOutcome outcome = await RunAsync(vllm, new VllmAdapterOptions(), hangs: 0);

        (outcome.Verdict, outcome.Attempts).Should().Be((StreamVerdict.Completed, 2));
    }

    private FakeVllmOptions Options() => new() { TimeProvider = _clock };

    private async Task<StreamOutcome> RunAsync(FakeVllm vllm, VllmAdapterOptions options, int hangs)
    {
        var waiting = new WaitingForEvents();
        options.Resilience.BaseDelay = TimeSpan.Zero;
        options.Termination = VllmAdapter.Termination.FirstOf(options.TimeLimits.ToPolicy(), waiting);
        Task<ChatAnswer> asking = new VllmInferenceAdapter(vllm.CreateHttpClient(), options, _clock).CompleteChatAsync(Hello);
        for (int hang = 1; hang <= hangs; hang++)
        {
            await waiting.OfAttemptAsync(hang);
            _clock.Advance(FirstChunk);
        }

        return (await asking.WaitAsync(TimeSpan.FromSeconds(30))).Outcome;
    }

    private async Task AdvanceAsync(TimeSpan wait)
    {
        await _clock.WhenTimerArmedAsync(wait).WaitAsync(TimeSpan.FromSeconds(30));
        _clock.Advance(wait);
    }

    /// <summary>Tells when an attempt has its headers and waits for its first event, so that time can go by for that.</summary>
    private sealed class WaitingForEvents : IStreamTerminationPolicy
    {
        private readonly ConcurrentDictionary<int, TaskCompletionSource> _attempts = new();

        public TerminationDecision Judge(StreamEvidence evidence)
        {
            if (evidence.HeadersAt is not null)
                Of(evidence.FailedAttempts.Count + 1).TrySetResult();

            return TerminationDecision.Continue;
        }

        public Task OfAttemptAsync(int number) => Of(number).Task.WaitAsync(TimeSpan.FromSeconds(30));

        private TaskCompletionSource Of(int number) => _attempts.GetOrAdd(number, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
    }
}

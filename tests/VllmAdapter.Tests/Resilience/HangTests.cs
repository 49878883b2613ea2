using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Resilience;

/// <summary>A server that hangs before its first chunk is asked again once, and all of it takes at most twice the limit for the first chunk.</summary>
public sealed class HangTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello.") with { IncompleteStreams = IncompleteStreams.Report };
    private static readonly ScriptedReply Answer = Script.Says("Hel", "lo").Finishes("stop").Uses(10, 2).Done();
    private static readonly ScriptedReply Hang = Script.Empty.WithoutRole().GoesSilent();

    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task It_is_asked_again_and_another_server_may_answer()
    {
        using var vllm = FakeVllm.InMemory(Options(), Hang, Answer);

        StreamOutcome outcome = await RunAsync(vllm, new VllmAdapterOptions());

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

        StreamOutcome outcome = await RunAsync(vllm, new VllmAdapterOptions { Resilience = { MaxAttempts = allowed } });

        (outcome.Verdict, outcome.StoppedBy, vllm.Requests.Count).Should().Be((StreamVerdict.Stalled, StopCause.FirstChunkTimeout, made));
        outcome.Evidence.Elapsed.Should().BeLessThanOrEqualTo(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Headers_that_do_not_come_count_as_a_hang_too()
    {
        using var vllm = FakeVllm.InMemory(Options(), Answer.HeadersAfter(TimeSpan.FromHours(1)));

        Func<Task> asking = () => RunAsync(vllm, new VllmAdapterOptions { Resilience = { MaxAttempts = 5 } });

        (await asking.Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().Be(RequestFailure.Timeout);
        vllm.Requests.Should().HaveCount(2);
        _clock.GetUtcNow().Should().BeBefore(_start + TimeSpan.FromMinutes(11));
    }

    [Fact]
    public async Task A_silence_after_the_first_chunk_is_not_asked_again()
    {
        using var vllm = FakeVllm.InMemory(Options(), Script.Says("Hel").GoesSilent());

        StreamOutcome outcome = await RunAsync(vllm, new VllmAdapterOptions());

        (outcome.Verdict, outcome.StoppedBy, vllm.Requests.Count).Should().Be((StreamVerdict.Stalled, StopCause.IdleTimeout, 1));
    }

    /// <summary>A proxy that lost its server may end the answer in order: nothing began, as with a cut (Caddy, Portkey, lighttpd, HAProxy towards HTTP/2).</summary>
    [Theory]
    [InlineData("nothing at all")]
    [InlineData("a keep-alive")]
    public async Task An_event_stream_that_ends_in_order_without_an_event_is_asked_again(string what)
    {
        ScriptedReply nothing = Script.Empty.WithoutRole();
        using var vllm = FakeVllm.InMemory(Options(), what == "nothing at all" ? nothing : nothing.KeepsAlive(), Answer);

        StreamOutcome outcome = await RunAsync(vllm, new VllmAdapterOptions());

        (outcome.Verdict, outcome.Attempts).Should().Be((StreamVerdict.Completed, 2));
    }

    private static readonly DateTimeOffset _start = new ManualTimeProvider().GetUtcNow();

    private FakeVllmOptions Options() => new() { Clock = _clock };

    private async Task<StreamOutcome> RunAsync(FakeVllm vllm, VllmAdapterOptions options)
    {
        var adapter = new VllmInferenceAdapter(vllm.CreateHttpClient(), options, _clock);
        Task<ChatCompletion> asking = adapter.CompleteChatAsync(Hello);
        while (!asking.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        return (await asking).Outcome;
    }
}

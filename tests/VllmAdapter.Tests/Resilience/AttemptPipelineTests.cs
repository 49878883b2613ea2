using System.Net;
using Polly;
using Polly.CircuitBreaker;

namespace VllmAdapter.Tests.Resilience;

/// <summary>A pipeline that only tries again is entered when a first attempt failed, and nobody can tell.</summary>
public sealed class AttemptPipelineTests
{
    private static readonly VllmRequestException Unavailable = VllmRequestException.For(new() { Status = HttpStatusCode.ServiceUnavailable });

    private int _attempts;

    public static TheoryData<string, ResilienceOptions, int, int> Counts => new()
    {
        { "the first attempt answers", Options(), 0, 1 },
        { "the second one does", Options(), 1, 2 },
        { "the last one does", Options(), 2, 3 },
        { "none does", Options(), int.MaxValue, 3 },
        { "one attempt alone is allowed", Options(attempts: 1), int.MaxValue, 1 },
        { "something of the user's is around each attempt", Options(around: static _ => { }), int.MaxValue, 3 },
    };

    [Theory]
    [MemberData(nameof(Counts))]
    public async Task As_many_attempts_are_made_as_it_takes(string what, ResilienceOptions options, int failures, int attempts)
    {
        Outcome<object> outcome = await new AttemptPipeline(options, new HurriedClock()).RunAsync(AttemptAsync, failures, CancellationToken.None);

        _attempts.Should().Be(attempts, what);
        outcome.Exception.Should().Be(failures < attempts ? null : Unavailable, what);
    }

    [Fact]
    public async Task What_cannot_be_tried_again_is_not()
    {
        var refused = VllmRequestException.For(new() { Status = HttpStatusCode.Unauthorized });

        Outcome<object> outcome = await new AttemptPipeline(Options(), new HurriedClock()).RunAsync(
            (refused, _) => { _attempts++; return new(Outcome.FromException<object>(refused)); }, refused, CancellationToken.None);

        (_attempts, outcome.Exception).Should().Be((1, refused));
    }

    [Fact]
    public async Task Waits_are_those_of_the_pipeline_itself()
    {
        HurriedClock inside = new(), outside = new();
        Func<Task> failing = () => DefaultPipeline.Build(Options(), inside).ExecuteAsync(_ => ValueTask.FromException(Unavailable)).AsTask();
        await failing.Should().ThrowAsync<VllmRequestException>();

        await new AttemptPipeline(Options(), outside).RunAsync(AttemptAsync, int.MaxValue, CancellationToken.None);

        outside.Waits.Should().HaveCount(2).And.Equal(inside.Waits);
    }

    [Fact]
    public async Task A_circuit_breaker_sees_the_first_attempt_of_each_call()
    {
        ResilienceOptions options = Options(attempts: 1);
        options.CircuitBreaker = new() { MinimumThroughput = 2, FailureRatio = 0.5 };
        var pipeline = new AttemptPipeline(options, TimeProvider.System);

        for (int call = 0; call < 2; call++)
            await pipeline.RunAsync(AttemptAsync, int.MaxValue, CancellationToken.None);

        Outcome<object> rejected = await pipeline.RunAsync(AttemptAsync, int.MaxValue, CancellationToken.None);

        rejected.Exception.Should().BeOfType<BrokenCircuitException>();
        _attempts.Should().Be(2);
    }

    [Fact]
    public async Task A_pipeline_of_the_users_is_around_every_attempt()
    {
        int entered = 0;
        var counting = new ResiliencePipelineBuilder().AddStrategy(_ => new Counting(() => entered++), new CountingOptions()).Build();

        await new AttemptPipeline(counting).RunAsync(AttemptAsync, 0, CancellationToken.None);

        (entered, _attempts).Should().Be((1, 1));
    }

    [Fact]
    public async Task For_a_caller_who_has_left_nothing_is_tried()
    {
        Outcome<object> outcome = await new AttemptPipeline(Options(), new HurriedClock()).RunAsync(AttemptAsync, 0, new CancellationToken(canceled: true));

        outcome.Exception.Should().BeOfType<OperationCanceledException>();
        _attempts.Should().Be(0);
    }

    private ValueTask<Outcome<object>> AttemptAsync(int failures, CancellationToken cancellationToken) =>
        new(_attempts++ < failures ? Outcome.FromException<object>(Unavailable) : Outcome.FromResult<object>("answered"));

    private static ResilienceOptions Options(int attempts = 3, Action<ResiliencePipelineBuilder>? around = null) =>
        new() { MaxAttempts = attempts, AroundEachAttempt = around, Randomness = () => 0.5 };

    private sealed class CountingOptions : ResilienceStrategyOptions;

    private sealed class Counting(Action entered) : ResilienceStrategy
    {
        protected override ValueTask<Outcome<TResult>> ExecuteCore<TResult, TState>(
            Func<ResilienceContext, TState, ValueTask<Outcome<TResult>>> callback, ResilienceContext context, TState state)
        {
            entered();
            return callback(context, state);
        }
    }
}

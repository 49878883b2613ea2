using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Polly;
using Polly.Timeout;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Properties;

/// <summary>
/// What a failed attempt received dies with it: the answer is that of the attempt that gave it, to the letter. By default 100 pairs of attempts
/// from a fixed seed; with the environment variable VLLMADAPTER_FULL_SWEEP=1 they are 2,000.
/// </summary>
[Trait("Sweep", "full")]
public sealed class FailedAttemptProperties
{
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(10);

    private static readonly Config Checks = Config.QuickThrowOnFailure
        .WithMaxTest(Sweep.IsFull ? 2_000 : 100)
        .WithQuietOnSuccess(true)
        .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(9242, 1359), FSharpOption<int>.None)));

    [Fact]
    public void An_error_beside_the_first_chunk_takes_that_chunk_with_it() => Check(async (start, turn) =>
    {
        CannedServer answering = Answering(turn);
        using var server = new InTurn(new CannedServer { Pieces = [start.WithError] }, answering, answering.Clock);
        var options = new VllmAdapterOptions { Resilience = { MaxAttempts = 2, BaseDelay = TimeSpan.Zero } };

        await HoldsAsync(server, options, turn);
    });

    [Fact]
    public void A_time_limit_that_passes_as_the_first_chunk_comes_takes_that_chunk_with_it() => Check(async (start, turn) =>
    {
        // The limit would end a silent answer too.
        turn = turn with { Ending = turn.Ending == BodyEnding.Silent ? BodyEnding.Clean : turn.Ending };
        CannedServer answering = Answering(turn);
        using var server = new InTurn(new LateServer(start.WithoutError, answering.Clock, AttemptLimit), answering, answering.Clock);
        var options = new VllmAdapterOptions
        {
            ResiliencePipeline = new ResiliencePipelineBuilder { TimeProvider = answering.Clock }
                .AddRetry(new() { MaxRetryAttempts = 1, Delay = TimeSpan.Zero, ShouldHandle = new PredicateBuilder().Handle<TimeoutRejectedException>() })
                .AddTimeout(AttemptLimit)
                .Build(),
        };

        await HoldsAsync(server, options, turn);
    });

    private static void Check(Func<FailedStart, Turn, Task> holds) => Prop.ForAll(FailedStart.Any, Turns.Any, holds).Check(Checks);

    private static CannedServer Answering(Turn turn) => new() { Pieces = turn.InOddPieces, Ending = turn.Ending };

    private static async Task HoldsAsync(InTurn server, VllmAdapterOptions options, Turn turn)
    {
        ChatRequest request = ChatRequest.FromPrompt("Hello.") with { ChoiceCount = turn.Choices };
        Played played = await Played.RunAsync(server.NewAdapter(options), request);

        played.Completion?.Outcome.ToolCalls.Should().NotContain(call => call.Arguments.Contains(FailedStart.Mark), "half of it may be missing");
        if (server.Requests == 1)
        {
            // What came counts as begun, so that nothing is asked again: then it is a stream that failed.
            played.Failure.Should().NotBeNull();
            return;
        }

        Played alone = await Played.RunAsync(Answering(turn), request);
        Conclusion.Of(played, besides: OutcomeNoteKind.Retried).Should().Be(Conclusion.Of(alone));
        string.Concat(played.Chunks.Select(chunk => $"{chunk.Text}{chunk.Reasoning}")).Should().NotContain(FailedStart.Mark);
        played.Completion?.Outcome.ToJson().Should().NotContain(FailedStart.Mark);
    }
}

using System.Runtime.CompilerServices;
using Polly;

namespace VllmAdapter;

/// <summary>
/// The resilience pipeline around attempts. One that only tries again has nothing to say before something failed: the first attempt is made
/// without it, and it is built for the first one that fails.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class AttemptPipeline
{
    private readonly Lazy<ResiliencePipeline> _pipeline;
    private readonly bool _onlyRetries;

    /// <summary>A pipeline of the user's, of which nothing is known: every attempt is made inside.</summary>
    public AttemptPipeline(ResiliencePipeline given) => _pipeline = new Lazy<ResiliencePipeline>(given);

    /// <summary>The pipeline that options describe.</summary>
    public AttemptPipeline(ResilienceOptions options, TimeProvider clock)
    {
        _onlyRetries = options is { AroundEachAttempt: null, CircuitBreaker: null };
        _pipeline = _onlyRetries
            ? new Lazy<ResiliencePipeline>(() => DefaultPipeline.Build(options, clock))
            : new Lazy<ResiliencePipeline>(DefaultPipeline.Build(options, clock));
    }

    /// <summary>Makes attempts, as many as the pipeline wants.</summary>
    /// <param name="attempt">Makes one, and throws nothing.</param>
    /// <param name="state">Given to it.</param>
    /// <param name="cancellationToken">Ends the waits between attempts; the attempts get one that it ends, too.</param>
    /// <returns>What the last one came to.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Outcome<object>> RunAsync<TState>(
        Func<TState, CancellationToken, ValueTask<Outcome<object>>> attempt, TState state, CancellationToken cancellationToken)
    {
        Outcome<object>? first = null;
        if (_onlyRetries)
        {
            if (cancellationToken.IsCancellationRequested)
                return Outcome.FromException<object>(new OperationCanceledException(cancellationToken));

            Outcome<object> outcome = await attempt(state, cancellationToken).ConfigureAwait(false);
            if (outcome.Exception is null)
                return outcome;

            first = outcome;
        }

        // The pipeline is run with the type that its strategies have inside: any other one costs four methods that only translate.
        ResilienceContext context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            return await _pipeline.Value.ExecuteOutcomeAsync(
                static (context, attempts) => attempts.NextAsync(context.CancellationToken), context, new Attempts<TState>(attempt, state, first)).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <param name="attempt">Makes one.</param>
    /// <param name="state">Given to it.</param>
    /// <param name="first">What the first one came to, if it was made already.</param>
    private sealed class Attempts<TState>(Func<TState, CancellationToken, ValueTask<Outcome<object>>> attempt, TState state, Outcome<object>? first)
    {
        private Outcome<object>? _first = first;

        public ValueTask<Outcome<object>> NextAsync(CancellationToken cancellationToken)
        {
            if (_first is not { } made)
                return attempt(state, cancellationToken);

            _first = null;
            return new ValueTask<Outcome<object>>(made);
        }
    }
}

using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace VllmAdapter;

/// <summary>
/// Asks on the routes other than chat: with the adapter's key and settings, retried while that may help (nothing was handed out), reported as one span.
/// </summary>
/// <remarks>Thread-safe. Each attempt may take as long as a first chunk (<see cref="TimeLimits.FirstChunk"/>), all of them as long as <see cref="TimeLimits.Total"/>.</remarks>
internal sealed class RouteCalls(AdapterSettings settings, ILogger logger)
{
    public VllmAdapterOptions Options => settings.Options;

    /// <inheritdoc cref="VllmEndpoint.Route"/>
    public string Route(string path) => settings.Transport.Endpoint.Route(path);

    /// <summary>Asks, and has the whole answer read.</summary>
    /// <param name="question">What to ask.</param>
    /// <param name="read">Reads it; null if it is an answer of another kind. Says by <see cref="InvalidReplyException"/> what it lacks.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="VllmRequestException">No attempt got an answer.</exception>
    public async Task<T> AskAsync<T>(RouteQuestion question, Func<ServerReply, CancellationToken, T?> read, CancellationToken cancellationToken)
        where T : class
    {
        question.Headers?.ThrowIfUnusable();
        var telemetry = new RouteTelemetry(question, settings.Transport, logger);
        using CancellationTokenSource? total = TotalLimit();
        using CancellationTokenSource? either = total is null ? null : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, total.Token);
        var attempts = new Attempts<T>(question, settings, (attempt, token) => settings.Server.Calls.AskAsync(attempt, read, token), telemetry)
        {
            Callers = cancellationToken,
            Total = total?.Token,
        };
        T answer = await attempts.RunAsync(either?.Token ?? cancellationToken).ConfigureAwait(false);
        telemetry.End(answer as IRouteReply, attempts.Count);
        return answer;
    }

    /// <summary>Asks, and reads the events of the answer as they come.</summary>
    /// <param name="question">What to ask.</param>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="VllmRequestException">No attempt got an event, or the stream reported an error, broke off or fell silent.</exception>
    public async IAsyncEnumerable<SseItem<string>> StreamAsync(RouteQuestion question, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        question.Headers?.ThrowIfUnusable();
        var telemetry = new RouteTelemetry(question, settings.Transport, logger);
        using CancellationTokenSource? total = TotalLimit();
        using CancellationTokenSource? either = total is null ? null : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, total.Token);
        CancellationToken whole = either?.Token ?? cancellationToken;
        var attempts = new Attempts<EventReply>(question, settings, (attempt, token) => EventReply.OpenAsync(attempt, settings, whole, token), telemetry)
        {
            Callers = cancellationToken,
            Total = total?.Token,
        };
        EventReply reply = await attempts.RunAsync(whole).ConfigureAwait(false);
        try
        {
            while (reply.HasCurrent)
            {
                yield return reply.Current;
                try
                {
                    await reply.MoveNextAsync().ConfigureAwait(false);
                }
                catch (Exception failure)
                {
                    attempts.Throw(failure);
                }
            }
        }
        finally
        {
            // Whoever leaves before the end has what he wanted.
            await reply.DisposeAsync().ConfigureAwait(false);
            if (!attempts.HasFailed)
                telemetry.End(reply: null, attempts.Count);
        }
    }

    private CancellationTokenSource? TotalLimit() =>
        settings.Options.TimeLimits.Total is { } limit && limit != Timeout.InfiniteTimeSpan
            ? new CancellationTokenSource(limit, settings.Transport.Clock)
            : null;

    private sealed class Attempts<T>(
        RouteQuestion question, AdapterSettings settings, Func<ServerQuestion, CancellationToken, Task<T>> once, RouteTelemetry telemetry)
        where T : class
    {
        private VllmRequestException? _last;

        public int Count { get; private set; }

        public bool HasFailed { get; private set; }

        /// <summary>The caller's token, which tells its end from those of our own clocks.</summary>
        public CancellationToken Callers { get; init; }

        /// <summary>Ends when the time for the whole is over.</summary>
        public CancellationToken? Total { get; init; }

        public async Task<T> RunAsync(CancellationToken cancellationToken)
        {
            try
            {
                Outcome<object> outcome = await settings.Resilience
                    .RunAsync(static (all, token) => all.TryAsync(token), this, cancellationToken).ConfigureAwait(false);
                outcome.ThrowIfException();
                return (T)outcome.Result!;
            }
            catch (Exception failure)
            {
                Throw(failure);
                throw;
            }
        }

        /// <summary>Reports a failure, and throws it as the failures of a request are.</summary>
        public void Throw(Exception failure)
        {
            Exception told = Explain(failure);
            HasFailed = true;
            telemetry.Fail(told);
            ExceptionDispatchInfo.Throw(told);
        }

        private async ValueTask<Outcome<object>> TryAsync(CancellationToken cancellationToken)
        {
            try
            {
                return Outcome.FromResult<object>(await NextAsync(cancellationToken).ConfigureAwait(false));
            }
            catch (Exception failure)
            {
                return Outcome.FromException<object>(failure);
            }
        }

        private async ValueTask<T> NextAsync(CancellationToken cancellationToken)
        {
            if (_last is not null)
                telemetry.Retry(_last, Count);

            ServerQuestion attempt = question.Attempt(++Count, settings.Options);
            try
            {
                using CurrentSpan current = telemetry.Send(attempt.RequestId);
                return await once(attempt, cancellationToken).ConfigureAwait(false);
            }
            catch (VllmRequestException failure)
            {
                _last = failure;

                // One hang may be one server's; two are not asked a third time.
                if (failure.GaveUp && Count > 1)
                    failure.IsFinal = true;

                throw;
            }
        }

        // What the pipeline itself throws is told as the failures of a request are.
        private Exception Explain(Exception failure) => failure switch
        {
            OperationCanceledException when Callers.IsCancellationRequested =>
                failure is OperationCanceledException given && given.CancellationToken == Callers ? failure : new OperationCanceledException(failure.Message, failure, Callers),
            OperationCanceledException when Total is { IsCancellationRequested: true } =>
                VllmRequestException.For(About() with { GaveUpAfter = settings.Options.TimeLimits.Total, Cause = failure }),
            ExecutionRejectedException => _last ?? VllmRequestException.For(About() with
            {
                Cause = failure,
                GaveUpAfter = (failure as TimeoutRejectedException)?.Timeout,
                WasRejected = failure is not TimeoutRejectedException,
                RetryAfter = (failure as BrokenCircuitException)?.RetryAfter,
            }),
            _ => failure,
        };

        private FailureFacts About() => settings.Transport.About(question.Path, requestId: null) with
        {
            Model = question.Model,
            Portion = question.Portion,
            Attempts = Count,
            Secrets = settings.Transport.Keys.With(question.Headers),
        };
    }
}

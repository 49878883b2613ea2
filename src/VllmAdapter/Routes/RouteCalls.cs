using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;
using VllmAdapter.Server;

namespace VllmAdapter;

/// <summary>
/// Asks on the routes beside chat: with the adapter's key and settings, tried again while that may help (nothing was handed out), reported as one span.
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
        var attempts = new Attempts<T>(question, settings, read, telemetry);
        try
        {
            T answer = await settings.Resilience
                .ExecuteAsync(static (all, token) => all.NextAsync(token), attempts, either?.Token ?? cancellationToken).ConfigureAwait(false);
            telemetry.End(answer as IRouteReply, attempts.Count);
            return answer;
        }
        catch (Exception failure)
        {
            Exception told = attempts.Explain(failure, cancellationToken, total?.Token);
            telemetry.Fail(told);
            if (ReferenceEquals(told, failure))
                throw;

            throw told;
        }
    }

    private CancellationTokenSource? TotalLimit() =>
        settings.Options.TimeLimits.Total is { } limit && limit != Timeout.InfiniteTimeSpan
            ? new CancellationTokenSource(limit, settings.Transport.Clock)
            : null;

    private sealed class Attempts<T>(
        RouteQuestion question, AdapterSettings settings, Func<ServerReply, CancellationToken, T?> read, RouteTelemetry telemetry)
        where T : class
    {
        private VllmRequestException? _last;

        public int Count { get; private set; }

        public async ValueTask<T> NextAsync(CancellationToken cancellationToken)
        {
            if (_last is not null)
                telemetry.Retry(_last, Count);

            ServerQuestion attempt = question.Attempt(++Count, settings.Options);
            try
            {
                using CurrentSpan current = telemetry.Send(attempt.RequestId);
                return await settings.Server.Calls.AskAsync(attempt, read, cancellationToken).ConfigureAwait(false);
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
        public Exception Explain(Exception failure, CancellationToken callers, CancellationToken? total) => failure switch
        {
            OperationCanceledException when callers.IsCancellationRequested => failure,
            OperationCanceledException when total is { IsCancellationRequested: true } =>
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
            Attempts = Count,
            Secrets = settings.Transport.Keys.With(question.Headers),
        };
    }
}

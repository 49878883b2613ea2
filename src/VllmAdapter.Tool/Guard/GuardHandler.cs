namespace VllmAdapter.Tool.Guard;

/// <summary>Stands where the proxy sends: what is under guard is asked through an adapter, everything else goes through untouched.</summary>
internal sealed class GuardHandler(HttpMessageHandler inner, ContextWindowMemory windows, GuardMetrics metrics) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request.Options.TryGetValue(GuardExchange.Key, out GuardExchange? exchange)
            ? AnswerAsync(exchange, new GuardedAnswer(exchange, request, PassOnAsync, windows, metrics), cancellationToken)
            : PassOnAsync(request, cancellationToken);

    private static Task<HttpResponseMessage> AnswerAsync(GuardExchange exchange, GuardedAnswer answer, CancellationToken cancellationToken) =>
        exchange.Request.BecomesStream
            ? new StreamOfWhole(exchange, answer.AskAsync, TimeProvider.System).AskAsync(cancellationToken)
            : answer.AskAsync(cancellationToken);

    private Task<HttpResponseMessage> PassOnAsync(HttpRequestMessage request, CancellationToken cancellationToken) => base.SendAsync(request, cancellationToken);
}

namespace VllmAdapter.Tool.Guard;

/// <summary>Stands where the proxy sends: what is under guard is asked through an adapter, everything else goes through untouched.</summary>
internal sealed class GuardHandler(HttpMessageHandler inner, ContextWindowMemory windows, GuardMetrics metrics) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request.Options.TryGetValue(GuardExchange.Key, out GuardExchange? exchange)
            ? new GuardedAnswer(exchange, request, PassOnAsync, windows, metrics).AskAsync(cancellationToken)
            : PassOnAsync(request, cancellationToken);

    private Task<HttpResponseMessage> PassOnAsync(HttpRequestMessage request, CancellationToken cancellationToken) => base.SendAsync(request, cancellationToken);
}

using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Wire;

/// <summary>Answers the first request with one canned reply, and every later one with another.</summary>
internal sealed class TwoTurns(CannedServer first, CannedServer then) : HttpMessageHandler
{
    private int _requests;

    public ManualTimeProvider Clock => first.Clock;

    public VllmInferenceAdapter NewAdapter()
    {
        var client = new HttpClient(this, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        return new VllmInferenceAdapter(client, new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test") }, Clock);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        CannedServer turn = Interlocked.Increment(ref _requests) == 1 ? first : then;
        using var invoker = new HttpMessageInvoker(turn, disposeHandler: false);
        return await invoker.SendAsync(request, cancellationToken);
    }
}

using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Properties;

/// <summary>Lets one server answer the first request and another all others, and counts them.</summary>
internal sealed class InTurn(HttpMessageHandler first, HttpMessageHandler then, ManualTimeProvider clock) : HttpMessageHandler
{
    private readonly HttpMessageInvoker _first = new(first);
    private readonly HttpMessageInvoker _then = new(then);

    public int Requests { get; private set; }

    public VllmInferenceAdapter NewAdapter(VllmAdapterOptions options)
    {
        options.Endpoint = new Uri("http://vllm.test");
        return new VllmInferenceAdapter(new HttpClient(this) { Timeout = Timeout.InfiniteTimeSpan }, options, clock);
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        (++Requests == 1 ? _first : _then).SendAsync(request, cancellationToken);
}

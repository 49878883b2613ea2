using System.Net;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Http;

public sealed class VllmTransportTests
{
    [Fact]
    public async Task Requests_go_out_in_the_HTTP_version_that_the_client_is_set_to()
    {
        using var vllm = FakeVllm.InMemory();
        var seen = new Versions { InnerHandler = vllm.CreateHandler() };
        using var http = new HttpClient(seen)
        {
            BaseAddress = vllm.Endpoint,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var adapter = new VllmInferenceAdapter(http, new VllmAdapterOptions());

        await adapter.CompleteChatAsync(ChatRequest.FromPrompt("Hello."));
        await adapter.Server.GetModelsAsync();

        seen.Seen.Should().Equal(
            (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact), (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact));
    }

    private sealed class Versions : DelegatingHandler
    {
        public List<(Version Version, HttpVersionPolicy Policy)> Seen { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Seen.Add((request.Version, request.VersionPolicy));
            return base.SendAsync(request, cancellationToken);
        }
    }
}

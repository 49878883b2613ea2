using System.Net;
using System.Text.Json.Nodes;
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

    /// <summary>A refusal; what of it must reach the message.</summary>
    public static TheoryData<ScriptedReply, string> Refusals => new()
    {
        { Script.Replies(307).WithHeader("Location", "https://other.test/v1/chat/completions?key=1"), "redirects to https://other.test/v1/chat/completions (" },
        { Script.Replies(401).WithHeader("WWW-Authenticate", "Basic realm=\"llm\""), "requires a user name and password (Basic)" },
        { Script.Replies(407).WithHeader("Proxy-Authenticate", "Basic"), "A proxy on the way requires credentials" },
        { Script.Replies(413), "The request of " },
        { Script.Replies(429).WithHeader("Retry-After", "99999999999"), "Retry after " },
        { Script.Replies(200).WithHeader("Content-Length", "0"), "answered 200 with an empty body: nothing is served at http" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task What_the_headers_of_a_refusal_say_is_told(ScriptedReply reply, string told)
    {
        using var vllm = FakeVllm.InMemory(reply);
        using HttpClient http = vllm.CreateHttpClient();
        var adapter = new VllmInferenceAdapter(http);

        VllmRequestException refused = (await adapter.Awaiting(a => a.CompleteChatAsync("Hello.")).Should().ThrowAsync<VllmRequestException>()).Which;

        refused.Message.Should().Contain(told);
        (refused.Attempts, vllm.Requests.Count).Should().Be((1, 1));
    }

    [Fact]
    public async Task The_key_of_a_request_is_kept_out_of_its_refusal()
    {
        using var http = new HttpClient(new Refusing("Incorrect API key provided: sk-of-the-tenant")) { BaseAddress = new Uri("http://vllm.test") };
        var headers = new RequestHeaders { Additional = new Dictionary<string, string> { ["Authorization"] = "Bearer sk-of-the-tenant" } };
        ChatRequest request = ChatRequest.FromPrompt("Hello.") with { Headers = headers };
        var adapter = new VllmInferenceAdapter(http);

        VllmRequestException chat = (await adapter.Awaiting(a => a.CompleteChatAsync(request)).Should().ThrowAsync<VllmRequestException>()).Which;
        VllmRequestException count = (await adapter.Awaiting(a => a.Server.TokenizeAsync(request)).Should().ThrowAsync<VllmRequestException>()).Which;

        foreach (VllmRequestException refused in (VllmRequestException[])[chat, count])
            $"{refused} {refused.ServerMessage} {refused.ResponseBody}".Should().Contain("Incorrect API key provided: ***").And.NotContain("tenant");
    }

    [Fact]
    public async Task A_refused_model_is_the_one_that_the_body_named()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Refuses(404, "The model `nope` does not exist."));
        using HttpClient http = vllm.CreateHttpClient();
        var adapter = new VllmInferenceAdapter(http, new VllmAdapterOptions { Model = "tiny" });
        ChatRequest request = ChatRequest.FromPrompt("Hello.") with { Extra = new JsonObject { ["model"] = "nope" } };

        (await adapter.Awaiting(a => a.CompleteChatAsync(request)).Should().ThrowAsync<VllmRequestException>())
            .Which.Message.Should().StartWith("The server has no model 'nope'");
    }

    private sealed class Refusing(string words) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.Unauthorized) { Content = new StringContent(words) });
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

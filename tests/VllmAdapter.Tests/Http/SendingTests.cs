using System.Net;
using System.Net.Sockets;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Http;

/// <summary>On clients of the caller's, whose handlers may be anything.</summary>
public sealed class SendingTests
{
    public static TheoryData<string, HttpRequestException> Faults => new()
    {
        { "nothing more is known", new HttpRequestException("An error occurred while sending the request.") },
        { "refused", new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused", new SocketException((int)SocketError.ConnectionRefused)) },
        { "reset", new HttpRequestException("reset", new IOException("reset", new SocketException((int)SocketError.ConnectionReset))) },
        { "ended", new HttpRequestException(HttpRequestError.ResponseEnded, "ended", new HttpIOException(HttpRequestError.ResponseEnded)) },
        { "a status", new HttpRequestException("502", inner: null, HttpStatusCode.BadGateway) },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_handler_that_stands_in_for_a_server_is_asked_once(string what, HttpRequestException fault)
    {
        var stub = new Stub(_ => throw fault);

        Func<Task> asking = () => AdapterOn(stub).CompleteChatAsync("Hello.");

        (await asking.Should().ThrowAsync<VllmRequestException>(what)).Which.Attempts.Should().Be(1);
        stub.Seen.Should().HaveCount(1);
    }

    [Fact]
    public async Task A_handler_that_writes_another_address_is_no_redirect()
    {
        var stub = new Stub(request =>
        {
            request.RequestUri = new Uri("http://10.0.0.7:8000/internal/v1/models");
            return Models(request);
        });

        (await AdapterOn(stub).Server.GetModelsAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task A_handler_that_chooses_among_servers_is_no_redirect()
    {
        using var vllm = FakeVllm.InMemory(Script.Says("Hello").Finishes("stop").Done());
        using var http = new HttpClient(new Chooses { InnerHandler = vllm.CreateHandler() });
        var adapter = new VllmInferenceAdapter(http, new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test") });

        (await adapter.CompleteChatAsync("Hello.")).Text.Should().Be("Hello");
    }

    [Fact]
    public async Task A_question_that_became_another_was_redirected()
    {
        var stub = new Stub(request =>
        {
            request.Method = HttpMethod.Get;
            return Models(request);
        });

        Func<Task> asking = () => AdapterOn(stub).CompleteChatAsync("Hello.");

        (await asking.Should().ThrowAsync<VllmRequestException>()).Which.Message.Should().Contain("followed a redirect");
    }

    [Fact]
    public async Task A_response_that_does_not_say_what_it_answers_is_taken_as_it_is()
    {
        var stub = new Stub(_ => Models(request: null));

        (await AdapterOn(stub).Server.GetModelsAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task A_client_that_cannot_be_had_is_a_failure_with_its_cause()
    {
        var transport = new VllmTransport(
            () => throw new InvalidOperationException("no handler today"), new VllmEndpoint(new Uri("http://vllm.test")), apiKey: null, TimeProvider.System);
        using var message = new HttpRequestMessage(HttpMethod.Get, "http://vllm.test/health");

        Func<Task> sending = () => transport.SendAsync(message, sending => transport.About("health", sending.RequestId), CancellationToken.None).AsTask();

        (await sending.Should().ThrowAsync<VllmRequestException>()).WithInnerException<InvalidOperationException>();
    }

    private static VllmInferenceAdapter AdapterOn(HttpMessageHandler handler) => new(
        new HttpClient(handler), new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test"), Resilience = { MaxAttempts = 1 } });

    private static HttpResponseMessage Models(HttpRequestMessage? request) => new()
    {
        RequestMessage = request,
        Content = new StringContent("""{"data":[{"id":"tiny"}]}""", System.Text.Encoding.UTF8, "application/json"),
    };

    private sealed class Stub(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        public List<HttpRequestMessage> Seen { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Seen.Add(request);
            return Task.FromResult(answer(request));
        }
    }

    private sealed class Chooses : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = new UriBuilder(request.RequestUri!) { Host = "10.0.0.7", Port = 8000 }.Uri;
            return base.SendAsync(request, cancellationToken);
        }
    }
}
